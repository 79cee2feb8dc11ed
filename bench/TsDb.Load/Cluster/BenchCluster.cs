using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Adapters.Disk;
using TsDb.Cli.Demo;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Receiving;

namespace TsDb.Load.Cluster;

/// <summary>Cloud nodes as processes, and their disks filled while they are down.</summary>
internal sealed class BenchCluster(FleetPlan plan) : IAsyncDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(10);

    private readonly TimeProvider _clock = TimeProvider.System;

    public Fleet Fleet { get; } = new(plan, TimeProvider.System);

    public NodePlan[] Clouds { get; } = [.. plan.Clouds];

    /// <summary>Starts it and answers the edges, once the cluster knows them.</summary>
    public async Task<(EdgeId, Incarnation)[]> StartAsync(CancellationToken ct)
    {
        await Fleet.StartAsync(ct);
        await Fleet.UntilAsync("all edges are known", Soon, async () =>
            (await StatusAsync(Clouds[0], ct))["edges"]!.AsArray().Count == plan.Edges.Count(), ct);
        List<(EdgeId, Incarnation)> edges = [];
        foreach (NodePlan edge in plan.Edges)
        {
            string text = (await StatusAsync(edge, ct))["incarnation"]!.ToString();
            edges.Add((new EdgeId(edge.Name), new Incarnation(Guid.ParseExact(text, "N"))));
        }

        return [.. edges];
    }

    /// <summary>Stops the cloud nodes, puts segments on their owners' disks, and starts them.</summary>
    public async Task<long> FillAsync(
        RandomLeaves leaves, int count, int replication, CancellationToken ct)
    {
        foreach (NodePlan node in Clouds) await Fleet.Processes[node.Name].StopAsync(ct);
        ClusterConfiguration placing = Placing(replication);
        List<DataDirectory> disks =
            [.. Clouds.Select(c => DataDirectory.Open(Path.Combine(plan.Folder, c.Name)))];
        List<ReplicaStore> stores = [.. disks.Select(disk => ReplicaStore.Open(
            new UnsyncedDisk(disk), () => new Guid(RandomNumberGenerator.GetBytes(16)),
            new ReplicaStoreOptions(), NullLogger.Instance))];
        const int batch = 64;
        long bytes = 0;
        for (int at = 0; at < count; at += batch)
        {
            VerifiedLeaf[] made =
                [.. Enumerable.Range(at, Math.Min(batch, count - at)).Select(leaves.Make)];
            bytes += made.Sum(leaf => (long)leaf.Content.Length);
            for (int node = 0; node < Clouds.Length; node++)
            {
                NodeId id = new(Clouds[node].Name);
                VerifiedLeaf[] own = [.. made.Where(leaf => Placement.Owners(
                    placing, ShardId.Of(leaf.Leaf.Cell, placing.ShardCount)).Contains(id))];
                if (stores[node].Store(own).Any(outcome => outcome != ReceiveOutcome.Stored))
                    throw new TsDbException(ErrorKind.Unavailable, "a segment could not be stored");
            }
        }

        foreach (ReplicaStore store in stores) store.Dispose();
        foreach (DataDirectory disk in disks) disk.Dispose();
        foreach (NodePlan node in Clouds) await Fleet.RestartAsync(node, ct);
        return bytes;
    }

    /// <summary>Waits until every shard is where it belongs.</summary>
    public Task SettleAsync(int members, CancellationToken ct) => Fleet.UntilAsync(
        "every shard has its copies", Soon, async () =>
        {
            JsonNode shards = await Fleet.Client(Clouds[0]).GetJsonAsync("/api/v1/shards", ct);
            JsonNode status = await StatusAsync(Clouds[0], ct);
            return shards["under_replicated"]!.GetValue<int>() == 0
                && shards["moving"]!.GetValue<int>() == 0
                && status["members"]!.AsArray().Count == members;
        }, ct);

    public Task<JsonNode> StatusAsync(NodePlan node, CancellationToken ct) => Fleet.StatusAsync(node, ct);

    /// <summary>Bytes that repair and moves have fetched to a node since it was started.</summary>
    public async Task<long> FetchedAsync(NodePlan node, CancellationToken ct) =>
        (await StatusAsync(node, ct))["repair"]!["fetched_bytes"]!.GetValue<long>();

    /// <summary>Processor seconds of the nodes.</summary>
    public double Cpu(IEnumerable<NodePlan> nodes) =>
        nodes.Sum(node => ProcessFigures.Of(Fleet.Processes[node.Name].Id).CpuSeconds);

    /// <summary>How long a statement takes, in milliseconds.</summary>
    public async Task<double> AskAsync(
        NodePlan node, string sql, CancellationToken ct, string consistency = "quorum")
    {
        long start = _clock.GetTimestamp();
        using HttpResponseMessage response = await Fleet.Client(node).QueryAsync(
            new Cli.Nodes.QueryCall("default", sql, "json") { Consistency = consistency }, ct);
        _ = await response.Content.ReadAsStringAsync(ct);
        return _clock.GetElapsedTime(start).TotalMilliseconds;
    }

    public ValueTask DisposeAsync() => Fleet.DisposeAsync();

    // Only names count for placement.
    private ClusterConfiguration Placing(int replication) => new()
    {
        Id = default,
        Epoch = new Epoch(1),
        Members = [.. Clouds.Select(node => new Member
        {
            Id = new NodeId(node.Name),
            DirectoryId = default,
            HttpAddress = "",
            FlightAddress = "",
            ClusterAddress = "",
            BrokerAddress = "",
        })],
        ShardCount = ShardId.CountDefault,
        ReplicationFactor = replication,
        WriteQuorumAsked = 0,
        Edges = ImmutableSortedDictionary<EdgeId, EdgeRegistration>.Empty,
        Databases = ImmutableSortedDictionary<string, DatabaseSettings>.Empty,
    };
}
