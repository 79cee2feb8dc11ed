using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using TsDb.Cli.Demo;
using TsDb.Cli.Nodes;
using TsDb.Cli.Output;

namespace TsDb.Load.Queries;

/// <summary>
/// The same questions over the rows of eight edges, to a cluster of one node and to clusters of three on the
/// same machine: what it costs that data is spread.
/// </summary>
internal static class SpreadRun
{
    private const int Seed = 11;
    private const int EdgeCount = 8;

    /// <summary>Measures and prints; 1 if an answer lacked a node.</summary>
    public static async Task<int> RunAsync(int hosts, int hours, int instances, int repetitions)
    {
        IReadOnlyList<Question> questions = QuerySet.Of(hosts, hours, instances, Seed);
        List<Spread> spreads = [];
        foreach ((int nodes, int replication) in ((int, int)[])[(1, 1), (3, 1), (3, 2)])
            spreads.Add(await MeasureAsync(nodes, replication, hosts, hours, questions, repetitions));
        TextTable table = new(["median ms (processor ms)", .. spreads.Select(one => one.Name)]);
        foreach ((string type, _) in QueryGoals.All)
        {
            table.Add([type, .. spreads.Select(one =>
                $"{Text(one.Times.Median(type))} ({Text(one.Times.CpuMilliseconds(type))})")]);
        }

        table.Add(
            ["processor ms of the nodes a question", .. spreads.Select(one => Text(one.CpuMilliseconds))]);
        table.Add(["times that of one node", .. spreads.Select(
            one => Text(one.CpuMilliseconds / spreads[0].CpuMilliseconds))]);
        table.Add(["answers that name all nodes", .. spreads.Select(one => $"{one.Whole} of {one.Asked}")]);
        foreach (int span in Spans(hours))
        {
            table.Add([$"hourly mean per host, {span} h: groups, bytes that travel", .. spreads.Select(
                one => $"{one.Travel[span].Groups} {one.Travel[span].Bytes}")]);
        }

        table.Print(Console.Out);
        return spreads.All(one => one.Whole == one.Asked) ? 0 : 1;
    }

    private static async Task<Spread> MeasureAsync(
        int nodes,
        int replication,
        int hosts,
        int hours,
        IReadOnlyList<Question> questions,
        int repetitions)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-spread-");
        try
        {
            FleetPlan plan = FleetPlan.OnFreePorts(folder.FullName, nodes, EdgeCount) with
            {
                EdgeFlags = [],
                CloudFlags = ["--replication", replication.ToString(CultureInfo.InvariantCulture)],
            };
            await using Fleet fleet = new(plan, TimeProvider.System);
            await fleet.StartAsync(CancellationToken.None);
            await FleetLoad.SendAsync(fleet, Shapes(hosts, hours));
            NodePlan asked = plan.Clouds.First();
            using HttpTarget target = HttpTarget.Node(asked.Name, asked.Url, "json");
            int whole = 0;
            foreach (Question question in questions)
            {
                await target.AskAsync(question);
                if (NamesAll(target.LastCoverage, plan.Clouds)) whole++;
            }

            int[] processes = [.. plan.Clouds.Select(node => fleet.Processes[node.Name].Id)];
            QueryTimes times = await QueryTimes.MeasureAsync(
                target, questions, repetitions, processes);
            Dictionary<int, Travel> travel = [];
            foreach (int span in Spans(hours)) travel[span] = await TravelAsync(fleet.Client(asked), span);
            string name = nodes == 1 ? "1 node" : $"{nodes} nodes, replication {replication}";
            Console.WriteLine($"  {name}: {times.CpuSeconds:0.00} s of processor time");
            double cpu = times.CpuSeconds * 1_000 / (repetitions * questions.Count);
            return new Spread(name, times, cpu, whole, questions.Count, travel);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static CpuShape[] Shapes(int hosts, int hours) =>
    [
        .. Enumerable.Range(0, EdgeCount).Select(edge =>
        {
            int first = hosts * edge / EdgeCount;
            return new CpuShape((hosts * (edge + 1) / EdgeCount) - first, hours, first);
        }),
    ];

    private static int[] Spans(int hours) => [hours / 4, hours / 2, hours];

    private static bool NamesAll(string coverage, IEnumerable<NodePlan> nodes)
    {
        JsonNode said = JsonNode.Parse(coverage)!;
        HashSet<string> named = [.. said["nodes"]!.AsArray().Select(node => node!.GetValue<string>())];
        return said["complete"]!.GetValue<bool>() && nodes.All(node => named.Contains(node.Name));
    }

    // All that the nodes send to the one that was asked, itself included: what one node alone would send.
    private static async Task<Travel> TravelAsync(NodeClient node, int hours)
    {
        string sql = "SELECT hostname, date_trunc('hour', time) AS t, avg(usage_user) AS mean FROM cpu "
            + $"WHERE time < TIMESTAMP '2016-01-01' + INTERVAL {hours} HOUR GROUP BY ALL";
        JsonArray parts = await RowsAsync(node, $"EXPLAIN ANALYZE {sql}");
        long bytes = parts.Where(part => part!["step"]!.GetValue<string>() != "answer")
            .Sum(part => part!["bytes"]?.GetValue<long>() ?? 0);
        JsonArray groups = await RowsAsync(node, $"SELECT count(*) AS n FROM ({sql}) AS means");
        return new Travel(groups[0]!["n"]!.GetValue<long>(), bytes);
    }

    private static async Task<JsonArray> RowsAsync(NodeClient node, string sql)
    {
        using HttpResponseMessage answer =
            await node.QueryAsync(new QueryCall("default", sql, "json"), CancellationToken.None);
        await using Stream body = await answer.Content.ReadAsStreamAsync();
        return (await JsonSerializer.DeserializeAsync<JsonArray>(body))!;
    }

    private static string Text(double? value) => value?.ToString("0.00", CultureInfo.InvariantCulture) ?? "";

    private sealed record Travel(long Groups, long Bytes);

    private sealed record Spread(
        string Name, QueryTimes Times, double CpuMilliseconds, int Whole, int Asked,
        IReadOnlyDictionary<int, Travel> Travel);
}
