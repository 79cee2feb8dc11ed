using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Cluster;

namespace TsDb.Replication.Receiving;

/// <summary>
/// Shards for which a node counts in no quorum, those that it does not own among them. Every question is told
/// them and they hardly change, so they are found anew only then. Safe to call from many threads.
/// </summary>
public sealed class NotWholeShards(ReplicaStore store, NodeId self)
{
    private Found? _found;

    /// <summary>Those under a configuration, in order: see <see cref="ReplicaStore.IsWholeIn"/>.</summary>
    public ImmutableArray<ShardId> Under(ClusterConfiguration cluster)
    {
        Found? found = Volatile.Read(ref _found);
        if (found is not null && ReferenceEquals(found.Cluster, cluster)
            && ReferenceEquals(found.Whole, store.WholeShards) && ReferenceEquals(found.Lost, store.Lost))
            return found.Shards;

        // What they are found of is taken first: a change that comes in between is seen the next time.
        (ImmutableSortedDictionary<ShardId, Epoch> whole, ImmutableHashSet<Leaf> lost) =
            (store.WholeShards, store.Lost);
        ImmutableArray<ShardId> shards =
        [
            .. Enumerable.Range(0, cluster.ShardCount).Select(number => new ShardId(number))
                .Where(shard => !store.IsWholeIn(cluster, shard, self)),
        ];
        Volatile.Write(ref _found, new Found(cluster, whole, lost, shards));
        return shards;
    }

    private sealed record Found(
        ClusterConfiguration Cluster,
        ImmutableSortedDictionary<ShardId, Epoch> Whole,
        ImmutableHashSet<Leaf> Lost,
        ImmutableArray<ShardId> Shards);
}
