using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Query.Distributed;

/// <summary>The cluster as one query sees it: one configuration, from beginning to end.</summary>
public sealed record ClusterView
{
    /// <summary>The node that coordinates.</summary>
    public required NodeId Self { get; init; }

    /// <summary>The configuration.</summary>
    public Epoch Epoch { get; init; }

    /// <summary>Since when each node is a member, as the directory that it is now.</summary>
    public ImmutableDictionary<NodeId, Epoch> Since { get; init; } = ImmutableDictionary<NodeId, Epoch>.Empty;

    /// <summary>The owners of every shard, best first; the index is the shard's number.</summary>
    public required ImmutableArray<ImmutableArray<NodeId>> Owners
    {
        get;
        init => (field, Nodes, Shards) = (
            value,
            [.. value.SelectMany(owners => owners).Distinct().Order()],
            [.. Enumerable.Range(0, value.Length).Select(number => new ShardId(number))]);
    }

    /// <summary>All shards, in order.</summary>
    public ImmutableArray<ShardId> Shards { get; private init; }

    /// <summary>Whoever owns a shard, in order.</summary>
    public ImmutableArray<NodeId> Nodes { get; private init; }

    /// <summary>Owners that must answer so that the answer holds all that is durable: max(majority, RF - WQ +
    /// 1).</summary>
    public required int ReadQuorum { get; init; }

    /// <summary>The same for each shard, where they differ (some move); empty where they do not.</summary>
    public ImmutableArray<int> ReadQuorums { get; init; } = [];

    /// <summary>Databases that exist by configuration, with or without data.</summary>
    public ImmutableArray<string> Databases { get; init; } = [];

    /// <summary>The last change of erasures.</summary>
    public long Erasures { get; init; }

    /// <summary>Every edge that ever said hello.</summary>
    public ImmutableArray<EdgeId> Edges { get; init; } = [];

    /// <summary>Owners of a shard that a quorum read must hear.</summary>
    public int ReadQuorumOf(ShardId shard) => Math.Min(
        ReadQuorums.IsEmpty ? ReadQuorum : ReadQuorums[shard.Value], Owners[shard.Value].Length);

    /// <summary>Number of shards.</summary>
    public int ShardCount => Owners.Length;
}
