using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Codec.Shipment;

/// <summary>What edges need to know of the cluster; retained on the topic <c>cluster</c>.</summary>
public sealed record ClusterInfo
{
    /// <summary>The founded cluster.</summary>
    public required ClusterId Cluster { get; init; }

    /// <summary>The version of its configuration.</summary>
    public required Epoch Epoch { get; init; }

    /// <summary>Number of shards: an edge computes a cell's topic from it.</summary>
    public required int ShardCount { get; init; }

    /// <summary>Replicas wanted of each shard.</summary>
    public required int ReplicationFactor { get; init; }

    /// <summary>Owners that must have a leaf on disk before it is durable.</summary>
    public required int WriteQuorum { get; init; }

    /// <summary>The version of shipments as rows that the cloud takes; 0 for none.</summary>
    public int RowFormVersion { get; init; }

    /// <summary>Databases with settings, by name; where the cloud says none, only the horizons
    /// count.</summary>
    public ImmutableArray<DatabaseSettings> Databases { get; init; } = [];

    /// <summary>What is erased.</summary>
    public Erasures Erasures { get; init; } = Erasures.None;

    /// <summary>Rises with each change of the databases; 0 if the cloud does not say them.</summary>
    public long Revision { get; init; }

    /// <summary>Days of a table that end before this are gone; long.MinValue if none are.</summary>
    public long HorizonOf(TableId table)
    {
        if (Databases.FirstOrDefault(d => d.Name == table.Database) is { } settings)
            return settings.HorizonOf(table.Table);
        return Horizons.GetValueOrDefault(table.Database, DatabaseSettings.NoHorizon);
    }

    /// <summary>
    /// Per database the time before which points are gone, in nanoseconds; without entry there is none.
    /// </summary>
    public ImmutableSortedDictionary<string, long> Horizons { get; init; } =
        ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal);
}
