using TsDb.Model;
using TsDb.Replication.Cluster;

namespace TsDb.Replication.Ports;

/// <summary>The cluster's configuration as this node knows it, and the way to change it (an engine behind it:
/// Raft).</summary>
public interface IClusterState
{
    /// <summary>This node.</summary>
    NodeId Self { get; }

    /// <summary>The latest applied configuration; null until this directory founded or joined a
    /// cluster.</summary>
    ClusterConfiguration? Current { get; }

    /// <summary>Raised after <see cref="Current"/> changed. Handlers return quickly and do not
    /// throw.</summary>
    event Action<ClusterConfiguration>? Changed;

    /// <summary>
    /// Why <see cref="Current"/> may be past: this node has had no contact with the majority of the members
    /// for so long that they may have changed it without this node. Null while it has.
    /// </summary>
    string? Detached => null;

    /// <summary>True if the node is thought to answer now (heartbeats, phi detector); self is always
    /// live.</summary>
    bool IsLive(NodeId node);

    /// <summary>
    /// Makes an incarnation of an edge known and returns once it is applied here. Does nothing if it is
    /// known. Throws
    /// <see cref="ErrorKind.Unavailable"/> without a leader.
    /// </summary>
    Task RegisterAsync(EdgeId edge, Incarnation incarnation, CancellationToken ct);

    /// <summary>
    /// Changes the configuration and returns once <paramref name="isApplied"/> holds of what is applied here.
    /// Throws <see cref="ErrorKind.Unavailable"/> without a leader, or if it takes too long: it may still be
    /// applied later.
    /// </summary>
    Task ChangeAsync(
        ClusterCommand command, Func<ClusterConfiguration, bool> isApplied, CancellationToken ct) =>
        throw new TsDbException(ErrorKind.Unavailable, "the configuration cannot be changed here");
}
