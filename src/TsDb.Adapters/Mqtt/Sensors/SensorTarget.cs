using TsDb.Storage.Ingest;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>What a topic says of the points in its messages.</summary>
/// <param name="Database">Where they go.</param>
/// <param name="Precision">The unit of times in line protocol.</param>
/// <param name="Json">Table and tags for points in JSON.</param>
public sealed record SensorTarget(string Database, TimePrecision Precision, SensorJsonRules Json);
