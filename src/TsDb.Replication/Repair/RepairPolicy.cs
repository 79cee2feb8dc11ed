using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Cluster;

namespace TsDb.Replication.Repair;

/// <summary>Whom to ask about a shard, and how many of them are enough. Pure.</summary>
public static class RepairPolicy
{
    /// <summary>
    /// The other nodes that may have leaves of a shard that this node should have: its co-owners, and while
    /// it moves those before.
    /// </summary>
    public static ImmutableSortedSet<NodeId> PeersOf(ShardOwners owners, NodeId self) =>
        [.. owners.All.Where(node => node != self)];

    /// <summary>
    /// How many others must be heard to know every durable leaf. A durable leaf is on WQ of RF owners: for a
    /// node whose own disk counts any RF - WQ others meet it, for one whose disk does not RF - WQ + 1, as one
    /// of the WQ may be what was lost. Never more than there are to be asked: who has heard all of them (a
    /// first second node, or a write quorum of one) knows what can be known.
    /// While a shard moves, what is durable is with the owners before, and only they count.
    /// </summary>
    /// <param name="cluster">The configuration.</param>
    /// <param name="owners">The shard's owners.</param>
    /// <param name="self">This node.</param>
    /// <param name="isWhole">True if nothing is missing on its disk that was there.</param>
    /// <param name="isFamiliar">
    /// True if its disk had all of the shard, but for leaves that it knows it has lost. One that did not, and
    /// has nobody to ask, will never know.
    /// </param>
    public static int HeardMin(
        ClusterConfiguration cluster, ShardOwners owners, NodeId self, bool isWhole, bool isFamiliar)
    {
        int least = isFamiliar ? 0 : 1;
        if (owners.Move is { IsHandedOver: false } move)
        {
            int needed = Math.Min(HeardOfLostMin(cluster, owners), move.From.Length);
            if (!move.From.Contains(self)) return needed;
            return isWhole ? needed - 1 : Math.Min(needed, Math.Max(least, move.From.Length - 1));
        }

        int peers = owners.Now.Count(node => node != self);
        return Math.Min(
            cluster.Replicas - cluster.WriteQuorum + (isWhole ? 0 : 1), Math.Max(least, peers));
    }

    /// <summary>
    /// How many others must be heard to know that a leaf which this node had and lost was never durable, or
    /// is not any more. Perhaps more than there are: then only the edge knows.
    /// </summary>
    public static int HeardOfLostMin(ClusterConfiguration cluster, ShardOwners owners) =>
        owners.Move is { IsHandedOver: false } move
            ? move.FromReplicas - move.FromWriteQuorum + 1
            : cluster.Replicas - cluster.WriteQuorum + 1;

    /// <summary>
    /// True if what a peer says counts towards <see cref="HeardMin"/>: it has, or had, all of the shard, and
    /// it counts under a configuration that knows this node's part, so that nothing becomes durable any more
    /// without it. One from before it was admitted itself is another directory, of which its name was.
    /// </summary>
    public static bool Counts(
        ClusterConfiguration cluster, ShardOwners owners, NodeId self, NodeId peer, ShardDigest said)
    {
        if (said.IsRecovering || !owners.Readers.Contains(peer)) return false;
        Epoch since = owners.Move?.Since ?? SinceOf(cluster, self);
        return said.Epoch.Value >= since.Value && said.Epoch.Value >= SinceOf(cluster, peer).Value;
    }

    private static Epoch SinceOf(ClusterConfiguration cluster, NodeId node) =>
        cluster.Members.FirstOrDefault(member => member.Id == node)?.Since ?? default;

    /// <summary>
    /// True if this node has what the shard's owners before it had, so that it counts in quorums.
    /// </summary>
    /// <param name="cluster">The configuration.</param>
    /// <param name="shard">The shard.</param>
    /// <param name="self">This node.</param>
    /// <param name="wholeSince">When it last had everything by its own catalog; null for never.</param>
    public static bool IsWhole(
        ClusterConfiguration? cluster, ShardId shard, NodeId self, Epoch? wholeSince) =>
        wholeSince is { } since
        && (cluster?.MoveOf(shard) is not { IsHandedOver: false } move
            || move.From.Contains(self) || since.Value >= move.Since.Value);

    /// <summary>
    /// True if a node with an intact catalog need not recover the shard: nobody was ever removed, so the
    /// founders are those of now, and it owned the shard when the cluster was founded.
    /// </summary>
    public static bool IsWholeFromFounding(ClusterConfiguration cluster, ShardId shard, NodeId self)
    {
        if (!cluster.Removed.IsEmpty) return false;
        ClusterConfiguration founded = cluster with
        {
            Members =
            [
                .. cluster.Members.Where(member => member.Since == default)
                    .Select(member => member with { IsLeaving = false }),
            ],
        };
        return Placement.Owners(founded, shard).Contains(self);
    }
}
