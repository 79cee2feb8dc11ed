using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Cli.Demo;
using TsDb.Cli.Nodes;
using TsDb.Cli.Output;

namespace TsDb.Load.Cluster;

/// <summary>
/// The same questions over the same segments, spread over 1, 2, 4 and 8 nodes on this machine: processor time
/// of all nodes together, and what travels between them.
/// </summary>
internal static class ScaleRun
{
    private const int EdgesCount = 8;
    private const int RowsEach = 20_000;
    private const int SegmentCount = 160;

    // Each node compiles its own code.
    private const int WarmUps = 20;
    private const string Hour = "date_trunc('hour', time)";

    private static readonly TimeSpan Started = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    private static readonly (string Name, string Sql)[] Questions =
    [
        ("count of all", "SELECT count(*) AS n FROM bench"),
        ("hourly mean per edge", $"SELECT edge, {Hour} AS t, avg(f0) AS a FROM bench GROUP BY ALL"),
        ("four means per edge, filtered",
            "SELECT edge, avg(f0) AS a, avg(f1) AS b, avg(f2) AS c, avg(f3) AS d FROM bench WHERE f0 > 0.5 "
            + "GROUP BY edge"),
        ("one edge, one day", "SELECT count(*) AS n, max(f1) AS m FROM bench WHERE edge = 'edge-3' AND "
            + "time >= TIMESTAMP '2022-01-10' AND time < TIMESTAMP '2022-01-11'"),
        ("quantile by sketch", "SELECT approx_quantile(f2, 0.99) AS q FROM bench"),
    ];

    /// <summary>Measures and prints; each question so many times.</summary>
    public static async Task<int> RunAsync(
        IReadOnlyList<int> nodes, IReadOnlyList<int> copies, int repetitions)
    {
        List<string> names = ["processor ms a question"];
        List<List<Cost>> all = [];
        foreach (int replication in copies)
        {
            // One node is the measure of all others, whatever it holds.
            foreach (int count in nodes.Where(count => count >= replication || count == 1))
            {
                names.Add($"{count} nodes, {Math.Min(count, replication)} copies");
                all.Add(await MeasureAsync(count, replication, repetitions));
            }
        }

        TextTable cpu = new([.. names]);
        names[0] = "bytes between nodes";
        TextTable bytes = new([.. names]);
        names[0] = "median ms";
        TextTable times = new([.. names]);
        for (int i = 0; i < Questions.Length; i++)
        {
            cpu.Add([Questions[i].Name, .. all.Select(one => Text(one[i].CpuMilliseconds))]);
            bytes.Add([Questions[i].Name, .. all.Select(one => Text(one[i].Bytes))]);
            times.Add([Questions[i].Name, .. all.Select(one => Text(one[i].Milliseconds))]);
        }

        cpu.Print(Console.Out);
        bytes.Print(Console.Out);
        times.Print(Console.Out);
        return 0;
    }

    private static async Task<List<Cost>> MeasureAsync(int nodes, int replication, int repetitions)
    {
        CancellationToken ct = CancellationToken.None;
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-bench-");
        try
        {
            FleetPlan plan = FleetPlan.OnFreePorts(folder.FullName, nodes, EdgesCount) with
            {
                CloudFlags =
                [
                    "--replication", replication.ToString(CultureInfo.InvariantCulture), "--scrub-rate", "0",
                    "--query-memory", "1GiB", "--compact-input", "0",
                ],
            };
            await using BenchCluster cluster = new(plan);
            RandomLeaves leaves = new(await cluster.StartAsync(ct), RowsEach);
            foreach (NodePlan edge in plan.Edges) await cluster.Fleet.Processes[edge.Name].StopAsync(ct);
            await cluster.FillAsync(leaves, SegmentCount, replication, ct);
            await cluster.SettleAsync(nodes, ct);
            foreach ((_, string sql) in Questions)
                for (int i = 0; i < WarmUps; i++) await cluster.AskAsync(cluster.Clouds[0], sql, ct);
            await Task.Delay(Started, TimeProvider.System, ct);
            double idle = cluster.Cpu(cluster.Clouds);
            await Task.Delay(Quiet, TimeProvider.System, ct);
            idle = (cluster.Cpu(cluster.Clouds) - idle) / Quiet.TotalMilliseconds;
            Console.WriteLine($"  {nodes} nodes, {replication} copies: at rest the nodes take together "
                + $"{idle * 100_000:0.0} % of a processor");
            List<Cost> costs = [];
            foreach ((string name, string sql) in Questions)
            {
                Cost cost = await AskAsync(cluster, sql, repetitions, idle, ct);
                costs.Add(cost);
                Console.WriteLine(
                    $"    {name}: {Text(cost.CpuMilliseconds)} ms of processor, {cost.Bytes} bytes, "
                    + $"{Text(cost.Milliseconds)} ms");
            }

            return costs;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // Whoever is asked is a node like any other: what it tells itself does not travel.
    private static async Task<Cost> AskAsync(
        BenchCluster cluster, string sql, int repetitions, double idle, CancellationToken ct)
    {
        NodePlan asked = cluster.Clouds[0];
        double before = cluster.Cpu(cluster.Clouds);
        List<double> took = [];
        for (int i = 0; i < repetitions; i++) took.Add(await cluster.AskAsync(asked, sql, ct));
        double cpu = ((cluster.Cpu(cluster.Clouds) - before) * 1_000) - (idle * 1_000 * took.Sum());
        using HttpResponseMessage answer = await cluster.Fleet.Client(asked).QueryAsync(
            new QueryCall("default", $"EXPLAIN ANALYZE {sql}", "json"), ct);
        JsonArray parts = JsonNode.Parse(await answer.Content.ReadAsStringAsync(ct))!.AsArray();
        long bytes = parts.Where(part => part!["node"]!.GetValue<string>() != asked.Name
                && part["step"]!.GetValue<string>() != "answer")
            .Sum(part => part!["bytes"]?.GetValue<long>() ?? 0);
        return new Cost(cpu / repetitions, bytes, took.Order().ElementAt(repetitions / 2));
    }

    private static string Text(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private sealed record Cost(double CpuMilliseconds, long Bytes, double Milliseconds);
}
