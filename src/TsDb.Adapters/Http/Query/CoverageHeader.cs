using System.Text.Json;
using System.Text.Json.Nodes;
using TsDb.Query.Distributed;

namespace TsDb.Adapters.Http.Query;

/// <summary>
/// The coverage of an answer as the JSON of header X-TsDb-Coverage: ASCII, of bounded length.
/// </summary>
internal static class CoverageHeader
{
    /// <summary>The header's name.</summary>
    public const string Name = "X-TsDb-Coverage";

    // Servers and proxies commonly refuse headers beyond 8 KiB; long lists say how many they leave out.
    private const int EntriesMax = 20;
    private const int EntryCharsMax = 120;

    /// <summary>The header's value.</summary>
    public static string Value(Coverage coverage)
    {
        JsonObject json = new()
        {
            ["consistency"] = coverage.Consistency?.ToString().ToLowerInvariant(),
            ["shards"] = coverage.Shards,
            ["nodes"] = List([.. coverage.NodesAsked.Select(node => node.ToString())]),
            ["edges"] = List([.. coverage.EdgesAsked.Select(edge => edge.ToString())]),
            ["silent"] = List([.. coverage.EdgesSilent.Select(edge => edge.ToString())]),
            ["missing"] = List(coverage.Missing),
            ["complete"] = coverage.Complete,
        };
        return json.ToJsonString(JsonSerializerOptions.Default);
    }

    private static JsonArray List(IReadOnlyList<string> entries)
    {
        JsonArray list = [.. entries.Take(EntriesMax).Select(entry => (JsonNode)Short(entry))];
        if (entries.Count > EntriesMax) list.Add($"and {entries.Count - EntriesMax} more");
        return list;
    }

    private static string Short(string entry) =>
        entry.Length <= EntryCharsMax ? entry : string.Concat(entry.AsSpan(0, EntryCharsMax), "...");
}
