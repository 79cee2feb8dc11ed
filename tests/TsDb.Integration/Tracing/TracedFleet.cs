using TsDb.Cli.Demo;
using TsDb.Cli.Nodes;
using TsDb.Model;

namespace TsDb.Integration.Tracing;

/// <summary>Three cloud nodes with three replicas and one edge, each program under strace.</summary>
internal sealed class TracedFleet : IAsyncDisposable
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(100);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tsdb-trace-");
    private readonly SortedDictionary<string, NodeProcess> _processes = new(StringComparer.Ordinal);

    private bool _keep = true;

    private TracedFleet()
    {
        Plan = FleetPlan.OnFreePorts(_folder.FullName, clouds: 3, edges: 1) with
        {
            // What is proven is the way of each segment's own file.
            CloudFlags = ["--replication", "3", "--write-quorum", "majority", "--compact-input", "0"],
            EdgeFlags = ["--seal-age", "1s", "--ship-delay", "200ms"],
        };
        Edge = Plan.Edges.Single();
        Client = new NodeClient(Edge.Url);
    }

    public FleetPlan Plan { get; }

    public NodePlan Edge { get; }

    /// <summary>A client to the edge.</summary>
    public NodeClient Client { get; }

    public static async Task<TracedFleet> StartAsync(CancellationToken ct)
    {
        TracedFleet fleet = new();
        try
        {
            foreach (NodePlan node in fleet.Plan.Nodes)
            {
                string[] command = [.. Strace.Before(fleet.TraceOf(node)), .. fleet.Plan.CommandOf(node)];
                fleet._processes[node.Name] =
                    NodeProcess.Start(node.Name, command, fleet._folder.FullName, TimeProvider.System);
            }

            foreach (NodeProcess process in fleet._processes.Values) await process.ReadyAsync(ct);
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>Flushes the edge and waits until the cloud has said durable for all of it.</summary>
    public async Task DrainAsync(CancellationToken ct)
    {
        using HttpRequestMessage flush = new(HttpMethod.Post, "/api/v1/flush");
        using HttpResponseMessage done = await Client.SendAsync(flush, ct);
        await NodeClient.RequireSuccessAsync(done, ct);
        await UntilAsync(
            "the edge has shipped everything",
            async () => (await Client.GetJsonAsync("/api/v1/status", ct))["ship"]?["segments_pending"]
                ?.GetValue<long>() == 0,
            ct);
    }

    /// <summary>Waits until every cloud node has a segment, so that each has told the others.</summary>
    public Task SettleAsync(CancellationToken ct) => UntilAsync(
        "each cloud node has the segments",
        () => Task.FromResult(
            Plan.Clouds.Select(SegmentCountOf).Distinct().ToArray() is [> 0]),
        ct);

    /// <summary>Ends every node and reads what it did, by name.</summary>
    public async Task<IReadOnlyDictionary<string, List<SystemCall>>> EndAsync(CancellationToken ct)
    {
        SortedDictionary<string, List<SystemCall>> calls = new(StringComparer.Ordinal);
        foreach (NodePlan node in Plan.Nodes.Reverse())
        {
            NodeProcess process = _processes[node.Name];
            await process.StopAsync(ct);
            calls[node.Name] = await Strace.ReadAsync(TraceOf(node), process.Id, ct);
        }

        return calls;
    }

    /// <summary>Says that nobody needs to look at the logs and traces.</summary>
    public void Discard() => _keep = false;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        foreach (NodeProcess process in _processes.Values) await process.KillAsync(CancellationToken.None);
        if (_keep) await Console.Error.WriteLineAsync($"logs and traces of the fleet: {_folder.FullName}");
        else _folder.Delete(recursive: true);
    }

    private int SegmentCountOf(NodePlan cloud) => Directory.EnumerateFiles(
        Path.Combine(_folder.FullName, cloud.Name), "*.parquet", SearchOption.AllDirectories).Count();

    private static async Task UntilAsync(string what, Func<Task<bool>> holds, CancellationToken ct)
    {
        long started = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Within)
                throw new TsDbException(ErrorKind.Deadline, $"not within {Within.TotalSeconds:0} s: {what}");
            await Task.Delay(PollEvery, TimeProvider.System, ct);
        }
    }

    private string TraceOf(NodePlan node) => Path.Combine(_folder.FullName, $"{node.Name}.trace");
}
