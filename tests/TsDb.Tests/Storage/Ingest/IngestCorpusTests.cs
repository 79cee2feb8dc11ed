using System.Text;
using System.Text.Json;
using TsDb.Storage;
using TsDb.Storage.Ingest;

namespace TsDb.Tests.Storage.Ingest;

/// <summary>
/// The public line-protocol corpus through the whole of ingestion: the grammar's answers stand, apart from
/// what a store of
/// tables cannot take, listed here one by one.
/// </summary>
public sealed class IngestCorpusTests
{
    private const string Tabs = "leading TABs are accepted (case 32), so lines of TABs only are blank";
    private const string Reserved = "time, _field and _measurement are refused as tags (case 23)";

    /// <summary>Where the house decides otherwise, and why.</summary>
    private static readonly Dictionary<string, string> Decided = new()
    {
        ["a02aab4c616a523b89c419dc100e70fd"] = Tabs,
        ["1649ca32c656808ffa2cdd4a6531a62f"] = Reserved,
        ["2a6fa6f9c4bd199a093f88e94b542430"] = Reserved,
        ["4ab0e35c7e7840d2e7c5efd2f8f65535"] = Reserved,
        ["5f10c11304f37e8f65e1d9fc36c6fde3"] = Reserved,
        ["84b68fc423b301db6656472aeb593156"] = Reserved,
        ["ac1cb11cc76829023afa8085607c0560"] = Reserved,
        ["d532e332af9cd218c2a526ad32f22371"] = Reserved,
        ["eaf5b8e0c1e2eda765918fc7080502ab"] = Reserved,
    };

    [Fact]
    public void Every_decode_case_of_the_corpus_is_taken_or_refused_as_listed()
    {
        using JsonDocument corpus =
            JsonDocument.Parse(File.ReadAllBytes(SharedFolder.Require("conformance/line-protocol.json")));
        List<string> wrong = [];
        HashSet<string> unused = [.. Decided.Keys];
        foreach (JsonProperty entry in corpus.RootElement.GetProperty("decode").EnumerateObject())
        {
            JsonElement text = entry.Value.GetProperty("input").GetProperty("text");
            byte[] body = text.ValueKind == JsonValueKind.String
                ? Encoding.UTF8.GetBytes(text.GetString()!)
                : text.GetProperty("binary").GetBytesFromBase64();
            bool good = entry.Value.GetProperty("output").TryGetProperty("result", out JsonElement result);
            ParsedPoints parsed = LineProtocolIngest.Parse(
                body, IngestRig.Rules(), SchemaCatalog.Empty, IngestRig.Setup());
            bool asListed = good
                ? parsed.RefusedCount == 0 && parsed.RowCount == result.GetArrayLength()
                : parsed.RefusedCount > 0;
            if (asListed || unused.Remove(entry.Name)) continue;
            string why = parsed.Refusals.FirstOrDefault()?.Reason ?? "taken";
            wrong.Add($"{entry.Name} {why}: {JsonSerializer.Serialize(Encoding.Latin1.GetString(body))}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Empty(unused);
    }
}
