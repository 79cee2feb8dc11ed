using System.Text.Json;
using System.Text.Json.Serialization;

namespace TsDb.Columnar;

/// <summary>The manifest as JSON has it; FORMAT.md describes each member.</summary>
internal sealed record ManifestDocument
{
    public required int Version { get; init; }

    public required string Database { get; init; }

    public required string Table { get; init; }

    public required string Edge { get; init; }

    public required int Day { get; init; }

    public required string Incarnation { get; init; }

    public required long[] Ordinals { get; init; }

    public required long[] Range { get; init; }

    public required long Rows { get; init; }

    public required long Series { get; init; }

    public required string[] Tags { get; init; }

    public required string[] Fields { get; init; }

    public required string Types { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SortedDictionary<string, string>? Names { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SortedDictionary<string, int>? Scales { get; init; }
}

/// <summary>Generated serialisation, so that nothing is found by reflection.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.General, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ManifestDocument))]
internal sealed partial class ManifestJson : JsonSerializerContext;
