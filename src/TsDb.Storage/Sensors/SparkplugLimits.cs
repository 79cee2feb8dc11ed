namespace TsDb.Storage.Sensors;

/// <summary>
/// How much is remembered of Sparkplug nodes, and how often they are asked to say it again.
/// </summary>
public sealed record SparkplugLimits
{
    /// <summary>Nodes remembered; beyond it the one that was silent for longest is forgotten.</summary>
    public int NodesMax { get; init; } = 10_000;

    /// <summary>Bytes of births remembered, all nodes together; beyond it likewise.</summary>
    public long BytesMax { get; init; } = 64 << 20;

    /// <summary>Metrics and devices of one node; a birth with more is refused.</summary>
    public int MetricsPerNodeMax { get; init; } = 50_000;

    /// <summary>The shortest time between two requests to the same node.</summary>
    public TimeSpan RebirthIntervalMin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Requests to all nodes within that time.</summary>
    public int RebirthsMax { get; init; } = 1_000;
}
