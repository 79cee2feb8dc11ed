using System.Text.Json.Nodes;
using TsDb.Cli.Nodes;
using TsDb.Model;

namespace TsDb.Cli.Demo;

/// <summary>A running fleet: its processes, and a client to each node.</summary>
internal sealed class Fleet(FleetPlan plan, TimeProvider clock) : IAsyncDisposable
{
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(20);

    private readonly Dictionary<string, NodeProcess> _processes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NodeClient> _clients = new(StringComparer.Ordinal);
    private bool _keep;

    public FleetPlan Plan => plan;

    public IReadOnlyDictionary<string, NodeProcess> Processes => _processes;

    public NodeClient Client(NodePlan node)
    {
        if (!_clients.TryGetValue(node.Name, out NodeClient? client))
            _clients[node.Name] = client = new NodeClient(node.Url) { SilenceMax = Timeout.InfiniteTimeSpan };
        return client;
    }

    /// <summary>Starts every node and waits until each takes requests and the cluster is founded.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        Directory.CreateDirectory(plan.Folder);
        foreach (NodePlan node in plan.Nodes) Launch(node);
        foreach (NodePlan node in plan.Nodes) await _processes[node.Name].ReadyAsync(ct);
        NodePlan first = plan.Clouds.First();
        await UntilAsync(
            "the cluster is founded",
            TimeSpan.FromSeconds(30),
            async () => (await StatusAsync(first, ct))["cluster"]?["founded"]?.GetValue<bool>() == true,
            ct);
    }

    public async Task KillAsync(NodePlan node, CancellationToken ct) =>
        await _processes[node.Name].KillAsync(ct);

    /// <summary>Starts a node's process, which may not be ready for a while.</summary>
    public void Launch(NodePlan node) =>
        _processes[node.Name] = NodeProcess.Start(node.Name, plan.CommandOf(node), plan.Folder, clock);

    public async Task RestartAsync(NodePlan node, CancellationToken ct)
    {
        Launch(node);
        await _processes[node.Name].ReadyAsync(ct);
    }

    public async Task<JsonNode> StatusAsync(NodePlan node, CancellationToken ct) =>
        await Client(node).GetJsonAsync("/api/v1/status", ct);

    /// <summary>Asks until a condition holds; throws with its name once the time is over.</summary>
    public async Task UntilAsync(string what, TimeSpan within, Func<Task<bool>> holds, CancellationToken ct)
    {
        DateTimeOffset deadline = clock.GetUtcNow() + within;
        TsDbException? last = null;
        while (true)
        {
            try
            {
                if (await holds()) return;
                last = null;
            }
            catch (TsDbException e) when (e.Kind
                is ErrorKind.Unavailable or ErrorKind.Deadline or ErrorKind.NotFound)
            {
                // Not yet: a table that has not arrived, a node that is coming up. Said if it stays so.
                last = e;
            }

            if (clock.GetUtcNow() > deadline)
            {
                throw new TsDbException(
                    ErrorKind.Deadline,
                    $"not within {within.TotalSeconds:0} s: {what}. {last?.Message} Logs: {plan.Folder}");
            }

            await Task.Delay(PollEvery, clock, ct);
        }
    }

    /// <summary>Leaves the processes running when this object goes.</summary>
    public void Keep() => _keep = true;

    public async ValueTask DisposeAsync()
    {
        foreach (NodeClient client in _clients.Values) client.Dispose();
        if (_keep) return;
        using CancellationTokenSource patience = new(StopWithin, clock);
        await Task.WhenAll(_processes.Values.Select(p => EndAsync(p, patience.Token)));
    }

    private static async Task EndAsync(NodeProcess process, CancellationToken patience)
    {
        try
        {
            await process.StopAsync(patience);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync(
                $"{process.Name} did not stop in time and is killed; log: {process.LogPath}");
            await process.KillAsync(CancellationToken.None);
        }
    }
}
