using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Replication.Repair;

/// <summary>An owner tells its co-owner what it has on disk, fsynced.</summary>
/// <param name="From">The owner.</param>
/// <param name="Cluster">Its cluster: a notice of another one is refused.</param>
/// <param name="Epoch">Its epoch: notices are counted at equal epochs only.</param>
/// <param name="Leaves">What it has; at most <see cref="LeavesMax"/>.</param>
public sealed record StoredNotice(
    NodeId From, ClusterId Cluster, Epoch Epoch, ImmutableArray<NoticedLeaf> Leaves)
{
    /// <summary>Most leaves in one notice.</summary>
    public const int LeavesMax = 1024;
}
