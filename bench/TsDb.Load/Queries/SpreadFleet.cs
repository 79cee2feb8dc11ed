using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using TsDb.Cli.Demo;
using TsDb.Cli.Nodes;

namespace TsDb.Load.Queries;

/// <summary>A cluster that holds the rows of some edges, and the node of it that is asked.</summary>
internal sealed class SpreadFleet : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tsdb-spread-");
    private readonly FleetPlan _plan;
    private readonly Fleet _fleet;

    public SpreadFleet(SpreadBuild build, int nodes, int replication, int edges)
    {
        string shape = nodes == 1 ? "1 node" : $"{nodes} nodes, replication {replication}";
        Name = build.Name.Length == 0 ? shape : $"{build.Name}: {shape}";
        IsOneNode = nodes == 1;
        FleetPlan plan = FleetPlan.OnFreePorts(_folder.FullName, nodes, edges);
        _plan = plan with
        {
            Nodes = [.. plan.Nodes.Select(node => node with { Programs = build.Programs })],
            EdgeFlags = [],
            CloudFlags = ["--replication", replication.ToString(CultureInfo.InvariantCulture)],
        };
        _fleet = new Fleet(_plan, TimeProvider.System);
        Target = HttpTarget.Node(Name, Asked.Url, "json");
    }

    public string Name { get; }

    /// <summary>True for what its build's other clusters are measured by.</summary>
    public bool IsOneNode { get; }

    /// <summary>The node that is asked.</summary>
    public HttpTarget Target { get; }

    /// <summary>The ids of the cloud nodes' processes; once they are started.</summary>
    public int[] Processes => [.. _plan.Clouds.Select(node => _fleet.Processes[node.Name].Id)];

    private NodePlan Asked => _plan.Clouds.First();

    /// <summary>Starts all, and brings the rows of one shape through each edge.</summary>
    public async Task StartAsync(IReadOnlyList<CpuShape> shapes)
    {
        await _fleet.StartAsync(CancellationToken.None);
        await FleetLoad.SendAsync(_fleet, shapes);
    }

    /// <summary>How many of the answers are complete and name all nodes.</summary>
    public async Task<int> CountWholeAsync(IReadOnlyList<Question> questions)
    {
        int whole = 0;
        foreach (Question question in questions)
        {
            await Target.AskAsync(question);
            if (NamesAll(Target.LastCoverage)) whole++;
        }

        return whole;
    }

    /// <summary>Groups of an hourly mean per host, and the bytes that all the nodes send to the one that was
    /// asked, itself included: what one node alone would send.</summary>
    public async Task<string> TravelAsync(int hours)
    {
        string sql = "SELECT hostname, date_trunc('hour', time) AS t, avg(usage_user) AS mean FROM cpu "
            + $"WHERE time < TIMESTAMP '2016-01-01' + INTERVAL {hours} HOUR GROUP BY ALL";
        JsonArray parts = await RowsAsync($"EXPLAIN ANALYZE {sql}");
        long bytes = parts.Where(part => part!["step"]!.GetValue<string>() != "answer")
            .Sum(part => part!["bytes"]?.GetValue<long>() ?? 0);
        JsonArray groups = await RowsAsync($"SELECT count(*) AS n FROM ({sql}) AS means");
        return $"{groups[0]!["n"]!.GetValue<long>()} {bytes}";
    }

    public async ValueTask DisposeAsync()
    {
        Target.Dispose();
        await _fleet.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private bool NamesAll(string coverage)
    {
        JsonNode said = JsonNode.Parse(coverage)!;
        HashSet<string> named = [.. said["nodes"]!.AsArray().Select(node => node!.GetValue<string>())];
        return said["complete"]!.GetValue<bool>() && _plan.Clouds.All(node => named.Contains(node.Name));
    }

    private async Task<JsonArray> RowsAsync(string sql)
    {
        using HttpResponseMessage answer = await _fleet.Client(Asked)
            .QueryAsync(new QueryCall("default", sql, "json"), CancellationToken.None);
        await using Stream body = await answer.Content.ReadAsStreamAsync();
        return (await JsonSerializer.DeserializeAsync<JsonArray>(body))!;
    }
}
