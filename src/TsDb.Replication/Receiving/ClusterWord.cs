using System.Collections.Immutable;
using TsDb.Codec.Shipment;
using TsDb.Replication.Cluster;

namespace TsDb.Replication.Receiving;

/// <summary>What edges are told of a configuration. Pure.</summary>
public static class ClusterWord
{
    /// <summary>The description that goes to the brokers.</summary>
    public static ClusterInfo Of(ClusterConfiguration cluster) => new()
    {
        Cluster = cluster.Id,
        Epoch = cluster.Epoch,
        ShardCount = cluster.ShardCount,
        ReplicationFactor = cluster.Replicas,
        WriteQuorum = cluster.WriteQuorum,
        RowFormVersion = Columnar.Transfer.RowForm.Version,
        Revision = RevisionOf(cluster),
        Erasures = cluster.Erasures,
        Databases = [.. cluster.Databases.Values.OrderBy(d => d.Name, StringComparer.Ordinal)],
        Horizons = cluster.Databases.Values
            .Where(database => database.HorizonNanoseconds > long.MinValue)
            .ToImmutableSortedDictionary(
                database => database.Name,
                database => database.HorizonNanoseconds,
                StringComparer.Ordinal),
    };

    /// <summary>Its revision: never 0, which stands for a cloud that does not say it.</summary>
    public static long RevisionOf(ClusterConfiguration cluster) => cluster.Revision + 1;
}
