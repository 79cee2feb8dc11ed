using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using TsDb.Cli.Demo;
using TsDb.Cli.Nodes;
using TsDb.Integration.Fleets;
using TsDb.Integration.Networks;
using TsDb.Model;

namespace TsDb.Integration.Chaos;

/// <summary>
/// Does things to a cluster, one at a time, so that a majority of every shard is left each time: what happens
/// then must not be noticed by anybody but for a while.
/// </summary>
internal sealed class ChaosStorm(
    TestFleet fleet, TestNetwork network, Random chance, ITestOutputHelper output)
{
    private static readonly TimeSpan Calm = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly SortedDictionary<string, int> _done = new(StringComparer.Ordinal);
    private readonly List<(string What, TimeSpan Took)> _whole = [];
    private NodePlan[] _members = fleet.Clouds;
    private NodePlan? _guest;
    private int _guests;

    /// <summary>Nodes that are members now, up or not.</summary>
    public IReadOnlyList<NodePlan> Members => Volatile.Read(ref _members);

    /// <summary>What was done and how long it took to be whole again, for people.</summary>
    public string Report => $"done: {string.Join(", ", _done.Select(d => $"{d.Key} {d.Value}"))}; "
        + "whole again " + string.Join(", ", _whole.GroupBy(w => w.What).Select(g => string.Create(
            CultureInfo.InvariantCulture, $"after {g.Key} within {g.Max(w => w.Took).TotalSeconds:0} s")));

    public async Task RunAsync(TimeSpan time, CancellationToken ct)
    {
        long start = _clock.GetTimestamp();
        for (int turn = 0; _clock.GetElapsedTime(start) < time; turn++)
        {
            // Every kind comes by, in an order that the seed shuffles.
            (string what, Func<CancellationToken, Task> act) = (turn % 6) switch
            {
                0 => ("kill", (Func<CancellationToken, Task>)KillAsync),
                1 => ("freeze", FreezeAsync),
                2 => ("cut", CutAsync),
                3 => ("emptied disk", EmptyAsync),
                4 => ("node added", AddAsync),
                _ => ("node left", LeaveAsync),
            };
            output.WriteLine($"{_clock.GetElapsedTime(start).TotalSeconds,6:0.0} s: {what}");
            await act(ct);
            _done[what] = _done.GetValueOrDefault(what) + 1;
            long from = _clock.GetTimestamp();
            await SettleAsync(Calm, ct);
            _whole.Add((what, _clock.GetElapsedTime(from)));
        }
    }

    /// <summary>
    /// Waits until every shard is where it belongs, with all its copies; says what is missing if that takes
    /// too long.
    /// </summary>
    public async Task SettleAsync(TimeSpan within, CancellationToken ct)
    {
        string lacking = "nobody answered";
        try
        {
            await fleet.Fleet.UntilAsync(
                "every shard has all its copies", within,
                async () => (lacking = await LackingAsync(ct)).Length == 0, ct);
        }
        catch (TsDbException)
        {
            output.WriteLine(lacking);
            throw;
        }
    }

    // What a node does not see in its place, shard by shard; empty if every node sees everything.
    private async Task<string> LackingAsync(CancellationToken ct)
    {
        StringBuilder lacking = new();
        foreach (NodePlan node in Members)
        {
            try
            {
                JsonNode shards = await AskAsync(node, HttpMethod.Get, "/api/v1/shards", ct);
                JsonNode status = await AskAsync(node, HttpMethod.Get, "/api/v1/status", ct);
                JsonArray members = status["members"]!.AsArray();
                JsonNode[] wanting = [.. shards["list"]!.AsArray().Select(shard => shard!).Where(
                    s => s["under_replicated"]!.GetValue<bool>() || s["moving_from"] is not null)];
                if (wanting.Length == 0 && members.Count == Members.Count) continue;
                lacking.AppendLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{node.Name} knows {members.Count} of {Members.Count}: {members.ToJsonString()}"));
                foreach (JsonNode shard in wanting) lacking.AppendLine(shard.ToJsonString());
            }
            catch (TsDbException e)
            {
                lacking.AppendLine(CultureInfo.InvariantCulture, $"{node.Name}: {e.Message}");
            }
        }

        return lacking.ToString();
    }

    /// <summary>Points of a table.</summary>
    public async Task<long> CountAsync(NodePlan node, string table, string consistency, CancellationToken ct)
    {
        QueryCall call = new("default", $"SELECT count(*) AS n FROM {table}", "json")
        {
            Consistency = consistency,
        };
        using NodeClient client = new(node.Url);
        using HttpResponseMessage response = await client.QueryAsync(call, ct);
        JsonNode rows = JsonNode.Parse(await response.Content.ReadAsStringAsync(ct))!;
        return rows[0]!["n"]!.GetValue<long>();
    }

    private async Task KillAsync(CancellationToken ct)
    {
        NodePlan node = Any();
        await fleet.Fleet.KillAsync(node, ct);
        await PauseAsync(2, 10, ct);
        await fleet.Fleet.RestartAsync(node, ct);
    }

    private async Task FreezeAsync(CancellationToken ct)
    {
        NodePlan node = Any();
        fleet.Fleet.Processes[node.Name].Pause();
        try
        {
            await PauseAsync(5, 25, ct);
        }
        finally
        {
            fleet.Fleet.Processes[node.Name].Resume();
        }
    }

    private async Task CutAsync(CancellationToken ct)
    {
        network.Isolate(Any().Name);
        await PauseAsync(5, 20, ct);
        network.Heal();
    }

    private async Task EmptyAsync(CancellationToken ct)
    {
        NodePlan node = Any();
        await fleet.Fleet.KillAsync(node, ct);
        Directory.Delete(Path.Combine(fleet.Folder, node.Name), recursive: true);
        await PauseAsync(1, 5, ct);
        await fleet.Fleet.RestartAsync(node, ct);
    }

    private async Task AddAsync(CancellationToken ct)
    {
        if (_guest is not null) return;
        _guest = NetworkPlan.Cloud(
            network, string.Create(CultureInfo.InvariantCulture, $"guest-{++_guests}"));
        await fleet.Fleet.RestartAsync(_guest, ct);
        Volatile.Write(ref _members, [.. _members, _guest]);
    }

    private async Task LeaveAsync(CancellationToken ct)
    {
        if (_guest is not { } guest) return;
        await AskAsync(_members[0], HttpMethod.Post, $"/api/v1/cluster/leave?node={guest.Name}", ct);
        await fleet.Fleet.Processes[guest.Name].ExitAsync(ct);
        Volatile.Write(ref _members, [.. _members.Where(m => m != guest)]);
        _guest = null;
    }

    private NodePlan Any() => _members[chance.Next(_members.Length)];

    private Task PauseAsync(int least, int most, CancellationToken ct) =>
        Task.Delay(TimeSpan.FromSeconds(least + ((most - least) * chance.NextDouble())), _clock, ct);

    private static async Task<JsonNode> AskAsync(
        NodePlan node, HttpMethod method, string path, CancellationToken ct)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        using NodeClient client = new(node.Url);
        try
        {
            return await client.AskJsonAsync(method, path, patience.Token);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new TsDbException(ErrorKind.Deadline, $"{node.Name} does not answer", e);
        }
    }
}
