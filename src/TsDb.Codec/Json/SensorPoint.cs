namespace TsDb.Codec.Json;

/// <summary>One point of a sensor's JSON, names and texts as plain text.</summary>
/// <param name="Measurement">The table it names itself, or null.</param>
/// <param name="Tags">Tags in the order written; empty values are left out.</param>
/// <param name="Fields">Fields in the order written; nulls are left out.</param>
/// <param name="Time">Its time as written, or null.</param>
public sealed record SensorPoint(
    string? Measurement,
    IReadOnlyList<KeyValuePair<string, string>> Tags,
    IReadOnlyList<SensorField> Fields,
    SensorTime? Time);
