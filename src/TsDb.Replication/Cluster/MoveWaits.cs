using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Replication.Cluster;

/// <summary>For whom shards on their way wait, for people. Pure.</summary>
public static class MoveWaits
{
    /// <summary>
    /// How many shards are not handed over because a member has not arrived; members that keep none waiting
    /// are not in it.
    /// </summary>
    public static ImmutableSortedDictionary<NodeId, int> Of(ClusterConfiguration cluster) =>
        cluster.Moves.SelectMany(move => Placement.Of(cluster, move.Shard).Awaited)
            .GroupBy(node => node).ToImmutableSortedDictionary(node => node.Key, node => node.Count());

    /// <summary>The same to follow "shards are on their way": who it is, not how many it is yet.</summary>
    public static string Describe(ClusterConfiguration cluster) => Of(cluster) is { IsEmpty: false } waits
        ? $", they wait for {string.Join(", ", waits.Keys)}" : "";
}
