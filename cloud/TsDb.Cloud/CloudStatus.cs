using System.Text.Json.Nodes;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Http;
using TsDb.Adapters.Raft;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Receiving;

namespace TsDb.Cloud;

/// <summary>What a cloud node says of itself and of the cluster.</summary>
internal sealed class CloudStatus(CloudRooms rooms, TimeProvider clock)
{
    private readonly RaftClusterState _cluster = rooms.Cluster;

    /// <summary>The status as JSON; dots of the contract are nesting.</summary>
    public JsonObject Describe()
    {
        ClusterConfiguration? current = _cluster.Current;
        ReceiveStatus receiving = rooms.Receiving.Status;
        ReplicaVersion version = rooms.Store.Current;
        return new JsonObject
        {
            ["id"] = _cluster.Self.Value,
            ["cluster"] = new JsonObject
            {
                ["founded"] = current is not null,
                ["id"] = current?.Id.ToString(),
                ["epoch"] = current?.Epoch.Value,
                ["leader"] = _cluster.Leader?.Value,
                ["waiting_for"] = _cluster.WaitingFor,
                ["shard_count"] = current?.ShardCount,
                ["replication"] = current?.ReplicationFactor,
                ["replicas"] = current?.Replicas,
                ["write_quorum"] = current?.WriteQuorum,
                ["read_quorum"] = current?.ReadQuorum,
                ["replace_after"] = current?.ReplaceAfter is { } after
                    ? DurationText.Of(after) : null,
            },
            ["members"] = new JsonArray([.. (current?.Members ?? []).Select(Describe)]),
            ["shards"] = new JsonObject
            {
                ["owned"] = receiving.ShardsOwned,
                ["recovering"] = receiving.ShardsRecovering,
                ["moving"] = current?.Moves.Length ?? 0,
                ["awaited"] = AwaitedMembers.Describe(current, _cluster),
                ["moving_here"] = current?.Moves.Count(move =>
                    !move.IsHandedOver && !move.Arrived.Contains(_cluster.Self)
                    && Placement.Owners(current, move.Shard).Contains(_cluster.Self)) ?? 0,
            },
            ["segments"] = new JsonObject
            {
                ["count"] = version.LeafCount,
                ["files"] = version.FileCount,
                ["bytes"] = version.BytesLength,
            },
            ["storing_refused"] = rooms.Store.Refusal,
            ["edges"] = new JsonArray([.. Edges(current)]),
            ["repair"] = new JsonObject
            {
                ["missing"] = receiving.RepairMissing,
                ["lost"] = receiving.LostCount,
                ["fetched"] = receiving.RepairFetchedLeaves,
                ["fetched_bytes"] = receiving.RepairFetchedBytes,
            },
            ["compaction"] = new JsonObject
            {
                ["merges"] = receiving.Compaction.Merges,
                ["files"] = receiving.Compaction.Files,
                ["bytes"] = receiving.Compaction.BytesLength,
            },
            ["purge"] = new JsonObject
            {
                ["files"] = receiving.Purge.Files,
                ["rows"] = receiving.Purge.Rows,
                ["checked"] = receiving.Purge.Checked,
            },
            ["scrub"] = new JsonObject
            {
                ["files"] = receiving.Scrub.Files,
                ["bytes"] = receiving.Scrub.BytesLength,
                ["damaged"] = receiving.Scrub.Damaged,
                ["finished_at"] = receiving.Scrub.FinishedAt?.ToString("O"),
            },
        };
    }

    /// <summary>The leaves of one edge that lie here, and which shards this node has to have.</summary>
    public JsonObject DescribeLeaves(EdgeId edge, bool withLeaves)
    {
        ClusterConfiguration? current = _cluster.Current;
        JsonObject listing = LeafListing.Describe(
            rooms.Store.Current.Cells.Where(cell => cell.Cell.Edge == edge)
                .SelectMany(cell => cell.Leaves).Select(leaf => (leaf, true)),
            withLeaves);
        listing["id"] = _cluster.Self.Value;
        listing["shard_count"] = current?.ShardCount ?? 0;
        listing["shards_owned"] = new JsonArray(
        [
            .. Enumerable.Range(0, current?.ShardCount ?? 0)
                .Where(shard => Placement.Owners(current!, new ShardId(shard)).Contains(_cluster.Self))
                .Select(shard => (JsonNode)shard),
        ]);

        // Of now, after the leaves were listed: what retention took in between is below these.
        IReadOnlyCollection<DatabaseSettings> databases = [.. _cluster.Current?.Databases.Values ?? []];
        listing["horizons"] = new JsonObject(databases.Select(database =>
            KeyValuePair.Create<string, JsonNode?>(database.Name, database.HorizonNanoseconds)));
        listing["table_horizons"] = new JsonObject(databases.Select(database =>
            KeyValuePair.Create<string, JsonNode?>(
                database.Name, new JsonObject(database.Tables.Select(table =>
                    KeyValuePair.Create<string, JsonNode?>(table.Table, table.HorizonNanoseconds))))));
        return listing;
    }

    private JsonObject Describe(Member member) => new()
    {
        ["id"] = member.Id.Value,
        ["state"] = _cluster.IsLive(member.Id) ? member.IsLeaving ? "leaving" : "alive" : "silent",
        ["zone"] = member.Zone.Length == 0 ? null : member.Zone,
        ["weight"] = member.Weight,
        ["seat"] = member.Seat.Length == 0 ? null : member.Seat,
        ["address"] = member.HttpAddress,
        ["flight"] = member.FlightAddress,
        ["cluster"] = member.ClusterAddress,
        ["broker"] = member.BrokerAddress.Length == 0 ? null : member.BrokerAddress,
        ["last_heard"] = rooms.Liveness.LastHeard(member.Id)?.ToString("O"),
        ["leader"] = _cluster.Leader == member.Id,
    };

    // Every edge that the configuration or a broker knows: one that was never heard of again is the
    // interesting one.
    private IEnumerable<JsonNode> Edges(ClusterConfiguration? current)
    {
        Dictionary<EdgeId, EdgeSeen> seen = rooms.Receiving.Status.Edges.ToDictionary(e => e.Edge);
        foreach (EdgeId edge in (current?.Edges.Keys ?? []).Union(seen.Keys).Order())
        {
            EdgeSeen? heard = seen.GetValueOrDefault(edge);
            yield return new JsonObject
            {
                ["id"] = edge.Value,
                ["last_seen"] = heard?.HeardAt.ToString("O"),
                ["online"] = heard?.IsOnline ?? false,
                ["lag"] = heard is null ? null : EdgeLag.SecondsOf(heard, clock.GetUtcNow()),
                ["ship"] = EdgeLag.Describe(heard, clock.GetUtcNow()),
            };
        }
    }
}
