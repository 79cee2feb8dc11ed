using System.Text.Json.Nodes;
using TsDb.Adapters.Raft;
using TsDb.Replication.Cluster;

namespace TsDb.Cloud;

/// <summary>For whom shards on their way wait, as JSON.</summary>
internal static class AwaitedMembers
{
    /// <summary>Each member that has not arrived, for how many shards, and whether it is silent.</summary>
    public static JsonArray Describe(ClusterConfiguration? current, RaftClusterState cluster) =>
        current is null ? [] :
        [
            .. MoveWaits.Of(current).Select(wait => new JsonObject
            {
                ["node"] = wait.Key.Value,
                ["shards"] = wait.Value,
                ["state"] = cluster.IsLive(wait.Key) ? "alive" : "silent",
            }),
        ];
}
