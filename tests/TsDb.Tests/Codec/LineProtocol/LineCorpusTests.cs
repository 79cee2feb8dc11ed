using System.Text;
using System.Text.Json;

namespace TsDb.Tests.Codec.LineProtocol;

/// <summary>
/// The public line-protocol corpus: every case gives the points it lists, or an error. The reader's part of
/// it; what the rules of a dialect refuse beyond the grammar is listed in the tests of ingestion. The list of
/// exceptions covers the whole corpus of 6,615 cases, of which the shared folder has a part (TSDB_SHARED can
/// name a folder with all of them).
/// </summary>
public sealed class LineCorpusTests
{
    /// <summary>Where the house decides otherwise, and why.</summary>
    private static readonly Dictionary<string, string> Decided = new()
    {
        ["2be024ca70163a7068b08f5e8ef57ffa"] = "leading TABs are accepted (case 32)",
        ["a02aab4c616a523b89c419dc100e70fd"] =
            "leading TABs are accepted (case 32), so lines of TABs only are blank",
        ["c0ce359f018a4255f4152ca2bc156ca7"] =
            "leading TABs are accepted (case 32), so lines of TABs only are blank",
    };

    [Fact]
    public void Every_decode_case_of_the_corpus_gives_its_points_or_an_error()
    {
        using JsonDocument corpus =
            JsonDocument.Parse(File.ReadAllBytes(SharedFolder.Require("conformance/line-protocol.json")));
        List<string> wrong = [];
        int cases = 0;
        foreach (JsonProperty entry in corpus.RootElement.GetProperty("decode").EnumerateObject())
        {
            cases++;
            JsonElement input = entry.Value.GetProperty("input");
            JsonElement output = entry.Value.GetProperty("output");
            byte[] body = BodyOf(input.GetProperty("text"));
            string? difference = Compare(ParsedLines.Of(body), input, output);
            string quoted = JsonSerializer.Serialize(Encoding.Latin1.GetString(body));
            if (difference is not null && !Decided.ContainsKey(entry.Name))
                wrong.Add($"{entry.Name} {quoted}: {difference}");
        }

        Assert.True(cases >= 3_360, $"only {cases} cases");
        Assert.True(wrong.Count == 0, $"{wrong.Count} differ:\n{string.Join('\n', wrong.Take(60))}");
    }

    /// <summary>What other writers make of a point is read back as that point.</summary>
    [Fact]
    public void Every_encode_case_of_the_corpus_is_read_as_the_point_it_was_made_of()
    {
        using JsonDocument corpus =
            JsonDocument.Parse(File.ReadAllBytes(SharedFolder.Require("conformance/line-protocol.json")));
        int cases = 0;
        foreach (JsonProperty entry in corpus.RootElement.GetProperty("encode").EnumerateObject())
        {
            // Points that no line can say are the writer's to refuse.
            if (!entry.Value.GetProperty("output").TryGetProperty("result", out JsonElement line)) continue;
            cases++;
            Assert.Equal("1ns", entry.Value.GetProperty("input").GetProperty("precision").GetString());
            ParsedLines parsed = ParsedLines.Of(BodyOf(line));
            Assert.True(parsed.Faults.Count == 0, $"{entry.Name}: {line}");
            ParsedPoint point = Assert.Single(parsed.Points);
            JsonElement made = entry.Value.GetProperty("input").GetProperty("point");
            Assert.Equal(Describe(made, timeGiven: true), Describe(point, point.Time));
        }

        Assert.True(cases >= 50, $"only {cases} cases");
    }

    private static byte[] BodyOf(JsonElement text) => text.ValueKind == JsonValueKind.String
        ? Encoding.UTF8.GetBytes(text.GetString()!)
        : text.GetProperty("binary").GetBytesFromBase64();

    private static string? Compare(ParsedLines parsed, JsonElement input, JsonElement output)
    {
        if (output.TryGetProperty("error", out JsonElement error))
            return parsed.Faults.Count > 0 ? null : $"no error, but the corpus says {error.GetString()}";
        if (parsed.Faults.Count > 0) return $"refused with {parsed.Faults[0].Fault}";
        JsonElement[] expected = [.. output.GetProperty("result").EnumerateArray()];
        if (expected.Length != parsed.Points.Count)
            return $"{parsed.Points.Count} points, not {expected.Length}";
        long unit = input.GetProperty("precision").GetString() switch
        {
            "1s" => 1_000_000_000,
            "1ms" => 1_000_000,
            "1µs" => 1_000,
            _ => 1,
        };
        for (int i = 0; i < expected.Length; i++)
        {
            ParsedPoint point = parsed.Points[i];
            string actual = Describe(point, point.Time is long time ? checked(time * unit) : null);
            string wanted = Describe(expected[i], timeGiven: point.Time is not null);
            if (actual != wanted) return $"{actual}, not {wanted}";
        }

        return null;
    }

    private static string Describe(ParsedPoint point, long? time) => JsonSerializer.Serialize(new
    {
        point.Measurement,
        Tags = point.Tags.Select(tag => new[] { tag.Name, tag.Value }),
        Fields = point.Fields.Select(field => new[] { field.Name, KindAndValue(field.Value) }),
        Time = time,
    });

    private static string Describe(JsonElement point, bool timeGiven) => JsonSerializer.Serialize(new
    {
        Measurement = TextOf(point.GetProperty("name")),
        Tags = point.GetProperty("tags").EnumerateArray()
            .Select(tag => new[] { TextOf(tag.GetProperty("key")), TextOf(tag.GetProperty("value")) }),
        Fields = point.GetProperty("fields").EnumerateArray()
            .Select(field =>
                new[] { TextOf(field.GetProperty("key")), ExpectedValue(field.GetProperty("value")) }),
        Time = timeGiven ? point.GetProperty("time").GetInt64() : (long?)null,
    });

    private static string TextOf(JsonElement text) => text.ValueKind == JsonValueKind.String
        ? text.GetString()!
        : Encoding.UTF8.GetString(text.GetProperty("binary").GetBytesFromBase64());

    private static string KindAndValue(object value) => value switch
    {
        double number => $"float {Plain(number)}",
        long number => $"int {number}",
        ulong number => $"uint {number}",
        bool truth => $"bool {truth}",
        _ => $"string {value}",
    };

    private static string ExpectedValue(JsonElement value)
    {
        JsonProperty kind = value.EnumerateObject().Single();
        return kind.Name switch
        {
            "float" => $"float {Plain(kind.Value.GetDouble())}",
            "int" => $"int {kind.Value.GetInt64()}",
            "uint" => $"uint {kind.Value.GetUInt64()}",
            "bool" => $"bool {kind.Value.GetBoolean()}",
            _ => $"string {TextOf(kind.Value)}",
        };
    }

    /// <summary>JSON has no negative zero that survives, so both zeros are one here.</summary>
    private static string Plain(double value) => (value == 0 ? 0d : value).ToString("R");
}
