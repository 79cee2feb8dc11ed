using System.Globalization;
using TsDb.Cli.Demo;
using TsDb.Cli.Output;

namespace TsDb.Load.Queries;

/// <summary>
/// The 15 types of question to one edge and one cloud node, and to the rivals that are installed, over the
/// same rows in the same run. Answers of this database have as many rows as DuckDB's over the same files.
/// </summary>
internal static class QueryRun
{
    private const int Seed = 7;

    /// <summary>Measures and prints the table; 1 if an answer was wrong.</summary>
    public static async Task<int> RunAsync(CpuShape shape, int instances, int repetitions)
    {
        IReadOnlyList<Question> questions = QuerySet.Of(shape.Hosts, shape.Hours, instances, Seed);
        List<(string Name, QueryTimes Times)> all = [];
        int wrong = await OwnAsync(shape, questions, repetitions, all);
        await RivalAsync(
            LoadServer.VictoriaMetrics, HttpTarget.Victoria, shape, questions, repetitions, all);
        await RivalAsync(
            (folder, port) => LoadServer.Influx(folder, port, FreePorts.Next()), HttpTarget.Influx,
            shape, questions, repetitions, all);
        Print(all);
        Console.WriteLine(wrong == 0
            ? $"{questions.Count} answers have as many rows as DuckDB's"
            : $"{wrong} of {questions.Count} answers have other rows than DuckDB's");
        return wrong == 0 ? 0 : 1;
    }

    private static async Task<int> OwnAsync(
        CpuShape shape,
        IReadOnlyList<Question> questions,
        int repetitions,
        List<(string Name, QueryTimes Times)> all)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-queries-");
        int wrong = 0;
        try
        {
            FleetPlan plan =
                FleetPlan.OnFreePorts(folder.FullName, clouds: 1, edges: 1) with { EdgeFlags = [] };
            await using Fleet fleet = new(plan, TimeProvider.System);
            await fleet.StartAsync(CancellationToken.None);
            NodePlan edge = plan.Edges.Single(), cloud = plan.Clouds.Single();
            Console.WriteLine($"{shape.Rows:N0} rows to {edge.Name}, and on to {cloud.Name}");
            await FleetLoad.SendAsync(fleet, [shape]);
            using (DuckTarget duck = new(Path.Combine(folder.FullName, cloud.Name)))
            {
                foreach (Question question in questions)
                {
                    long rows = await duck.CountRowsAsync(question);
                    foreach (NodePlan node in (NodePlan[])[edge, cloud])
                    {
                        long ours = await HttpTarget.CountRowsAsync(node.Url, question);
                        if (ours == rows) continue;
                        wrong++;
                        Console.WriteLine($"  {node.Name} has {ours} rows, DuckDB {rows}: {question.Sql}");
                    }
                }

                Question[] widest = [.. questions.Where(question => question.Type == QueryGoals.Widest)];
                foreach (NodePlan node in (NodePlan[])[cloud, edge])
                {
                    int process = fleet.Processes[node.Name].Id;
                    using HttpTarget json = HttpTarget.Node(node.Name, node.Url, "json");
                    using HttpTarget arrow = HttpTarget.Node($"{node.Name}, Arrow", node.Url, "arrow");
                    await AddAsync(json, questions, repetitions, all, process);
                    await AddAsync(arrow, widest, repetitions, all, process);
                }

                await AddAsync(duck, questions, repetitions, all);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        return wrong;
    }

    private static async Task RivalAsync(
        Func<DirectoryInfo, int, LoadServer?> of,
        Func<string, Uri, HttpTarget> target,
        CpuShape shape,
        IReadOnlyList<Question> questions,
        int repetitions,
        List<(string Name, QueryTimes Times)> all)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-queries-");
        try
        {
            if (of(folder, FreePorts.Next()) is not { } server)
            {
                Console.WriteLine("  a rival is not installed (packages influxdb, victoria-metrics)");
                return;
            }

            await ServerRun.MeasureAsync(
                server, folder, shape.Requests(ServerRun.LinesPerRequest), shape.Rows, async process =>
                {
                    using HttpTarget asked = target(server.Name, server.Url);
                    await AddAsync(asked, questions, repetitions, all, process);
                });
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task AddAsync(
        IQueryTarget target,
        IReadOnlyList<Question> questions,
        int repetitions,
        List<(string Name, QueryTimes Times)> all,
        params int[] processes)
    {
        QueryTimes times = await QueryTimes.MeasureAsync(
            target, questions, repetitions, processes);
        all.Add((target.Name, times));
        double each = times.CpuSeconds * 1_000 / (repetitions * questions.Count);
        string cpu = each > 0 ? $", {Text(each)} ms of processor time each" : "";
        Console.WriteLine($"  {target.Name}: {repetitions} x {questions.Count} questions{cpu}");
    }

    private static void Print(List<(string Name, QueryTimes Times)> all)
    {
        TextTable table = new(["median ms", .. all.Select(one => one.Name), "goal", "best rival / cloud"]);
        foreach ((string type, double goal) in QueryGoals.All)
        {
            double? ours = all[0].Times.Median(type);
            double? best = all.Skip(2).Where(one => !one.Name.Contains("edge", StringComparison.Ordinal))
                .Min(one => one.Times.Median(type));
            table.Add(
                [type, .. all.Select(one => Text(one.Times.Median(type))), Text(goal), Text(best / ours)]);
        }

        table.Print(Console.Out);
        Console.WriteLine($"{QueryGoals.Widest} as Arrow has the goal {QueryGoals.WidestAsArrow} ms");
    }

    private static string Text(double? value) => value switch
    {
        null => "",
        < 10 => value.Value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("0.0", CultureInfo.InvariantCulture),
    };
}
