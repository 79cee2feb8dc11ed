using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Adapters.Hosting;

namespace TsDb.Cli.Output;

/// <summary>What a node says in JSON, as people read it.</summary>
internal static class NodeText
{
    /// <summary>A dash for nothing, numbers with two digits of a fraction at the most.</summary>
    public static string Of(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue(out double number) && number != Math.Truncate(number)
            ? Math.Round(number, 2).ToString(CultureInfo.InvariantCulture)
            : node?.ToString() ?? "-";

    /// <summary>A moment to the second in UTC; anything else as it is.</summary>
    public static string Moment(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue(out DateTimeOffset moment)
            ? moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture)
            : Of(node);

    /// <summary>For whom shards on their way wait: each member, and whether it is silent.</summary>
    public static string Awaited(JsonNode? members) => members is not JsonArray { Count: > 0 } list
        ? "-"
        : string.Join(", ", list.Select(member =>
            $"{Of(member?["node"])} ({Of(member?["shards"])}{(Of(member?["state"]) == "silent"
                ? ", it is silent" : "")})"));

    /// <summary>A number of bytes with its unit; anything else as it is.</summary>
    public static string Bytes(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue(out double bytes)
            ? ByteSizeText.Format(bytes) : Of(node);
}
