using System.Collections.Immutable;
using System.Text.Json.Serialization;
using TsDb.Model;

namespace TsDb.Replication.Cluster;

/// <summary>
/// What a cluster is founded with. Once chosen by a majority of the seeds it never changes.
/// </summary>
public sealed record FoundingPlan
{
    /// <summary>The id of the cluster to be.</summary>
    public required ClusterId Id { get; init; }

    /// <summary>Its first members.</summary>
    public required ImmutableArray<Member> Members { get; init; }

    /// <summary>Number of shards.</summary>
    public required int ShardCount { get; init; }

    /// <summary>Replicas wanted of each shard.</summary>
    public required int ReplicationFactor { get; init; }

    /// <summary>The write quorum asked for; 0 means the majority of the replicas.</summary>
    public required int WriteQuorumAsked { get; init; }

    /// <summary>The first configuration where a cluster is founded anew from backups; else null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ClusterConfiguration? Restored { get; init; }

    /// <summary>The first configuration of the founded cluster.</summary>
    public ClusterConfiguration ToConfiguration() => Restored ?? new ClusterConfiguration
    {
        Id = Id,
        Epoch = new Epoch(1),
        Members = Members,
        ShardCount = ShardCount,
        ReplicationFactor = ReplicationFactor,
        WriteQuorumAsked = WriteQuorumAsked,
        Edges = ImmutableSortedDictionary<EdgeId, EdgeRegistration>.Empty,
        Databases = ImmutableSortedDictionary<string, DatabaseSettings>.Empty,
    };
}
