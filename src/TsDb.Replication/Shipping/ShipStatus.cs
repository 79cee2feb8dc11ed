using System.Collections.Immutable;

namespace TsDb.Replication.Shipping;

/// <summary>The uplink as people see it.</summary>
/// <param name="State">offline, waiting for the cluster, saying hello, refused, shipping, paused or outside
/// its hours.</param>
/// <param name="IsPaused">True while the operator has paused shipping.</param>
/// <param name="OpenLeaves">Cut shipments that are not durable, quarantined ones included.</param>
/// <param name="OpenBytes">Their bytes.</param>
/// <param name="Quarantined">How many of them are in quarantine.</param>
/// <param name="BytesPerSecond">Bytes a second that became durable lately.</param>
/// <param name="HeardAt">When a cloud node of this cluster last said anything; null if never.</param>
/// <param name="LastError">What went wrong last; null when nothing did since the link came up.</param>
public sealed record ShipStatus(
    string State,
    bool IsPaused,
    int OpenLeaves,
    long OpenBytes,
    int Quarantined,
    double BytesPerSecond,
    DateTimeOffset? HeardAt,
    string? LastError)
{
    /// <summary>The state in which only the hour keeps data back.</summary>
    public const string OutsideHours = "outside its hours";

    /// <summary>Shipments that were set aside and why, newest first; no more than a hundred.</summary>
    public ImmutableArray<QuarantinedLeaf> Quarantine { get; init; } = [];
}
