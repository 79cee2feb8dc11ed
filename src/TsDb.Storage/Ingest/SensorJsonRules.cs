namespace TsDb.Storage.Ingest;

/// <summary>What a sensor's JSON does not say itself.</summary>
/// <param name="Table">The table of points that name none.</param>
/// <param name="Tags">Tags of every point; a point's own tag of that name goes before.</param>
public sealed record SensorJsonRules(string Table, IReadOnlyList<KeyValuePair<string, string>> Tags);
