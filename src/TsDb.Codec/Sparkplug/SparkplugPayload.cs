namespace TsDb.Codec.Sparkplug;

/// <summary>A Sparkplug payload.</summary>
/// <param name="TimestampMilliseconds">When it was sent, in milliseconds since the Unix epoch.</param>
/// <param name="Sequence">Its place among the messages of a node: 0 to 255, then 0 again.</param>
/// <param name="Metrics">The metrics, in the order written.</param>
public sealed record SparkplugPayload(
    ulong? TimestampMilliseconds, ulong? Sequence, IReadOnlyList<SparkplugMetric> Metrics);
