using System.Text.Json.Nodes;
using TsDb.Adapters.Raft;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Receiving;

namespace TsDb.Cloud;

/// <summary>What a cloud node says of itself and of the cluster.</summary>
internal sealed class CloudStatus(
    RaftClusterState cluster, PeerLiveness liveness, ReplicaStore store, TimeProvider clock, Func<IEnumerable<EdgeSeen>> edgesSeen,
    Func<long> leavesMissing)
{
    /// <summary>The status as JSON; dots of the contract are nesting.</summary>
    public JsonObject Describe()
    {
        ClusterConfiguration? current = cluster.Current;
        ReplicaVersion version = store.Current;
        return new JsonObject
        {
            ["id"] = cluster.Self.Value,
            ["cluster"] = new JsonObject
            {
                ["founded"] = current is not null,
                ["id"] = current?.Id.ToString(),
                ["epoch"] = current?.Epoch.Value,
                ["leader"] = cluster.Leader?.Value,
                ["waiting_for"] = cluster.WaitingFor,
                ["shard_count"] = current?.ShardCount,
                ["replication"] = current?.ReplicationFactor,
                ["write_quorum"] = current?.WriteQuorum,
            },
            ["members"] = new JsonArray([.. (current?.Members ?? []).Select(Describe)]),
            ["shards"] = new JsonObject { ["owned"] = current is null ? 0 : Owned(current) },
            ["segments"] = new JsonObject { ["count"] = version.LeafCount, ["bytes"] = version.BytesLength },
            ["edges"] = new JsonArray([.. Edges(current)]),
            ["repair"] = new JsonObject { ["missing"] = leavesMissing() },
        };
    }

    private int Owned(ClusterConfiguration current) => Enumerable.Range(0, current.ShardCount)
        .Count(shard => Placement.Owners(current, new ShardId(shard)).Contains(cluster.Self));

    private JsonObject Describe(Member member) => new()
    {
        ["id"] = member.Id.Value,
        ["state"] = cluster.IsLive(member.Id) ? "alive" : "silent",
        ["address"] = member.HttpAddress,
        ["flight"] = member.FlightAddress,
        ["cluster"] = member.ClusterAddress,
        ["broker"] = member.BrokerAddress.Length == 0 ? null : member.BrokerAddress,
        ["last_heard"] = liveness.LastHeard(member.Id)?.ToString("O"),
        ["leader"] = cluster.Leader == member.Id,
    };

    // Every edge that the configuration or a broker knows: one that was never heard of again is the interesting one.
    private IEnumerable<JsonNode> Edges(ClusterConfiguration? current)
    {
        Dictionary<EdgeId, EdgeSeen> seen = edgesSeen().ToDictionary(e => e.Edge);
        foreach (EdgeId edge in (current?.Edges.Keys ?? []).Union(seen.Keys).Order())
        {
            EdgeSeen? heard = seen.GetValueOrDefault(edge);
            yield return new JsonObject
            {
                ["id"] = edge.Value,
                ["last_seen"] = heard?.HeardAt.ToString("O"),
                ["online"] = heard?.IsOnline ?? false,
                ["lag"] = heard is null ? null : Math.Max(0, (clock.GetUtcNow() - heard.HeardAt).TotalSeconds),
            };
        }
    }
}
