using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Cluster;

namespace TsDb.Replication.Repair;

/// <summary>Whom to ask about a shard, and how many of them are enough. Pure.</summary>
public static class RepairPolicy
{
    /// <summary>
    /// The other nodes that may have leaves of a shard that this node should have: its co-owners, and for a
    /// recovering node those that owned the shard before it came.
    /// </summary>
    public static ImmutableSortedSet<NodeId> PeersOf(
        ClusterConfiguration cluster, ShardId shard, NodeId self, bool isRecovering)
    {
        IEnumerable<NodeId> peers = Placement.Owners(cluster, shard);
        if (isRecovering && cluster.Members.Length > 1)
        {
            ClusterConfiguration before = cluster with
            {
                Members = [.. cluster.Members.Where(member => member.Id != self)],
            };
            peers = peers.Concat(Placement.Owners(before, shard));
        }

        return [.. peers.Where(node => node != self)];
    }

    /// <summary>
    /// How many others must be heard to know every durable leaf. A durable leaf is on WQ of RF owners: for a
    /// node whose own disk counts any RF - WQ others meet it, for a recovering one RF - WQ + 1, as one of the
    /// WQ may be what was lost. Never more than there are to be asked: who has heard all of them (a first
    /// second node, or a write quorum of one) knows what can be known.
    /// </summary>
    public static int HeardMin(ClusterConfiguration cluster, bool isRecovering, int peers) => Math.Min(
        cluster.Replicas - cluster.WriteQuorum + (isRecovering ? 1 : 0), Math.Max(1, peers));

    /// <summary>
    /// True if a node with an intact catalog need not recover the shard: nobody was ever removed, so the
    /// founders are those of now, and it owned the shard when the cluster was founded.
    /// </summary>
    public static bool IsWholeFromFounding(ClusterConfiguration cluster, ShardId shard, NodeId self)
    {
        if (!cluster.Removed.IsEmpty) return false;
        ClusterConfiguration founded = cluster with
        {
            Members = [.. cluster.Members.Where(member => member.Since == default)],
        };
        return Placement.Owners(founded, shard).Contains(self);
    }
}
