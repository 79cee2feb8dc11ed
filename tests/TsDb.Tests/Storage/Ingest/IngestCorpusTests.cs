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
    private const string Tabs = "leading TABs are accepted (case 32): lines of TABs only are blank";
    private const string Reserved = "time, _field and _measurement are refused as tags (case 23)";

    /// <summary>Where the house decides otherwise, and why.</summary>
    private static readonly Dictionary<string, string> Decided = new()
    {
        ["2be024ca70163a7068b08f5e8ef57ffa"] = Tabs,
        ["a02aab4c616a523b89c419dc100e70fd"] = Tabs,
        ["c0ce359f018a4255f4152ca2bc156ca7"] = Tabs,
        ["1649ca32c656808ffa2cdd4a6531a62f"] = Reserved,
        ["2a6fa6f9c4bd199a093f88e94b542430"] = Reserved,
        ["4ab0e35c7e7840d2e7c5efd2f8f65535"] = Reserved,
        ["5f10c11304f37e8f65e1d9fc36c6fde3"] = Reserved,
        ["84b68fc423b301db6656472aeb593156"] = Reserved,
        ["ac1cb11cc76829023afa8085607c0560"] = Reserved,
        ["b4163b9c45e5ff8d52e342fe4947bf6b"] = Reserved,
        ["c69cb34805c867d499130dc64e5d888e"] = Reserved,
        ["d532e332af9cd218c2a526ad32f22371"] = Reserved,
        ["d8a7cd920c2951e19b0fa49dc3ccb919"] = Reserved,
        ["eaf5b8e0c1e2eda765918fc7080502ab"] = Reserved,
    };

    [Fact]
    public void Every_decode_case_of_the_corpus_is_taken_or_refused_as_listed()
    {
        using JsonDocument corpus =
            JsonDocument.Parse(File.ReadAllBytes(SharedFolder.Require("conformance/line-protocol.json")));
        List<string> wrong = [];
        JsonElement cases = corpus.RootElement.GetProperty("decode");
        HashSet<string> unused = [.. Decided.Keys.Where(key => cases.TryGetProperty(key, out _))];
        foreach (JsonProperty entry in cases.EnumerateObject())
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
