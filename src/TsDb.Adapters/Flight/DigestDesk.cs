using System.Collections.Immutable;
using TsDb.Adapters.Flight.Protos;
using TsDb.Model;
using TsDb.Replication.Ports;
using TsDb.Replication.Repair;

namespace TsDb.Adapters.Flight;

/// <summary>Answers other members that compare shards with this node, on whichever way they ask.</summary>
public sealed class DigestDesk(PeerDesk desk, IClusterState cluster)
{
    /// <summary>The digests of the shards asked for. Throws <see cref="ErrorKind.Invalid"/> for shards that
    /// there are not, or for what is meant for another cluster.</summary>
    internal ShardDigestsAnswer Answer(ShardDigestsRequest request)
    {
        NodeGuard.RequireCluster(cluster, request.ClusterId);
        if (request.Shards.Count > NodeMessages.ShardsMax)
            throw NodeMessages.Wrong("too many shards asked at once");
        ImmutableArray<ShardId> shards =
            [.. request.Shards.Select(number => NodeMessages.Shard(number, cluster))];
        return new ShardDigestsAnswer
        {
            Shards =
            {
                desk.ShardDigests(shards).Select(d => new ShardDigestsAnswer.Types.One
                {
                    Shard = d.Shard.Value,
                    Digest = NodeMessages.Name(d.Digest),
                    Recovering = d.IsRecovering,
                    Epoch = d.Epoch.Value,
                }),
            },
        };
    }
}
