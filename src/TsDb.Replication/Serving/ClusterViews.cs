using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Replication.Cluster;

namespace TsDb.Replication.Serving;

/// <summary>A configuration as coordinators of queries see it. Pure.</summary>
public static class ClusterViews
{
    /// <summary>Whom a query at this node asks about each shard, and how many must answer.</summary>
    public static ClusterView Of(NodeId self, ClusterConfiguration cluster)
    {
        ShardOwners[] owners = [.. Placement.All(cluster)];
        return new ClusterView
        {
            Self = self,
            Epoch = cluster.Epoch,
            Since = cluster.Members.ToImmutableDictionary(member => member.Id, member => member.Since),
            Owners = [.. owners.Select(shard => shard.Readers)],
            ReadQuorum = cluster.ReadQuorum,
            ReadQuorums = [.. owners.Select(shard => shard.ReadersQuorum)],
            Databases = [.. cluster.Databases.Keys],
            Erasures = cluster.Erasures.Number,
            Edges = [.. cluster.Edges.Keys],
        };
    }
}
