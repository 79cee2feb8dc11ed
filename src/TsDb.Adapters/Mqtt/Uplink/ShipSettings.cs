using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Replication.Shipping;
using TsDb.Storage.Shipping;

namespace TsDb.Adapters.Mqtt.Uplink;

/// <summary>What an operator says about shipping.</summary>
public sealed record ShipSettings
{
    /// <summary>Brokers as mqtt://host:port, at least one (<c>--uplink</c>).</summary>
    public required ImmutableArray<Uri> Brokers { get; init; }

    /// <summary>Name of the cluster, for the topics (<c>--cluster-name</c>).</summary>
    public required string ClusterName { get; init; }

    /// <summary>When to cut (<c>--ship-bytes</c>, <c>--ship-delay</c>).</summary>
    public CutLimits Cut { get; init; } = new();

    /// <summary>How cut segments are written.</summary>
    public SegmentOptions Segments { get; init; } = SegmentOptions.Default;

    /// <summary>Most bytes a second on the uplink; null for no limit (<c>--ship-rate</c>).</summary>
    public long? BytesPerSecondMax { get; init; }

    /// <summary>Hours in which data may be sent; null for any (<c>--ship-hours</c>).</summary>
    public ShipHours? Hours { get; init; }

    /// <summary>Files that may have rows of final tombstones yet; null if that is not known.</summary>
    public Func<long>? FilesToPurge { get; init; }

    /// <summary>Version of the program, for the registry and for people.</summary>
    public string ProgramVersion { get; init; } = "";
}
