using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Adapters.Raft;

/// <summary>
/// What the operator says about the cluster. Founding values count only when a cluster is founded.
/// </summary>
public sealed record ClusterSettings
{
    /// <summary>
    /// Cluster addresses (host:port) of the nodes to found or find a cluster with; empty for one alone.
    /// </summary>
    public required ImmutableArray<string> Seeds { get; init; }

    /// <summary>Replicas wanted of each shard (founding value).</summary>
    public required int ReplicationFactor { get; init; }

    /// <summary>The write quorum; 0 means the majority of the replicas (founding value).</summary>
    public required int WriteQuorumAsked { get; init; }

    /// <summary>Number of shards (founding value).</summary>
    public int ShardCount { get; init; } = ShardId.CountDefault;

    /// <summary>The seeds in one order, for comparing what nodes were started with.</summary>
    internal string SeedsKey => string.Join(',', Seeds.Distinct().Order(StringComparer.Ordinal));
}
