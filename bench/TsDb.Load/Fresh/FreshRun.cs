using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Adapters.Direct;
using TsDb.Adapters.DuckDb;
using TsDb.Cli.Demo;
using TsDb.Cli.Nodes;
using TsDb.Cli.Output;
using TsDb.Columnar.Vectors;
using TsDb.Load.Shipping;
using TsDb.Model;

namespace TsDb.Load.Fresh;

/// <summary>
/// Fresh questions over many edges whose points have not left them, of which some are dead: half of these
/// killed, half stopped where they stand with their connections open.
/// </summary>
internal sealed class FreshRun(int edges, int dead)
{
    private const int PointsPerEdge = 500;
    private const int Repetitions = 15;
    private const string Question = "SELECT edge, count(*) AS n, sum(v) AS s FROM fresh GROUP BY edge";

    private static readonly TimeSpan KnownWithin = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);

    // Where all are alive nobody waits for it: it only has to be long enough for a busy machine.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TextTable _table = new("figure", "value");

    /// <summary>Measures and prints; 1 if an answer was wrong.</summary>
    public async Task<int> RunAsync()
    {
        ManyEdges.MakeRoom();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-fresh-");
        List<InProcessEdge> alive = [];
        try
        {
            FleetPlan plan = FleetPlan.OnFreePorts(folder.FullName, clouds: 1, edges: dead) with
            {
                EdgeFlags = ["--seal-age", "1h"],
            };
            await using Fleet fleet = new(plan, TimeProvider.System);
            await fleet.StartAsync(CancellationToken.None);
            NodePlan cloud = plan.Clouds.Single();
            using DuckDbParser parser = new();
            using DuckDbEngine engine = new(
                // One for all edges of this process, which each would have one of their own.
                new DuckDbOptions { Directories = [folder.FullName + "/"], WaitingMax = edges },
                parser,
                TimeProvider.System);
            DirectEngine direct = new(engine, new SegmentCache(64L << 20, SegmentRows.Open));
            for (int i = 1; i <= edges - dead; i++)
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"alive-{i}");
                alive.Add(InProcessEdge.Start(
                    name, Path.Combine(folder.FullName, name), new Uri($"mqtt://{cloud.Mqtt}"), direct));
            }

            Say($"writing to {edges} edges");
            await WriteAsync(fleet, alive);
            Say("waiting until the cloud knows them");
            await fleet.UntilAsync("the cloud knows all edges", KnownWithin, async () =>
                (await fleet.StatusAsync(cloud, CancellationToken.None))["edges"]!.AsArray().Count == edges,
                CancellationToken.None);
            Say("asking all");
            bool isRight = await AllAsync(fleet, cloud);
            Say($"{dead} die");
            foreach ((int i, NodePlan edge) in plan.Edges.Index())
            {
                if (i % 2 == 0) await fleet.KillAsync(edge, CancellationToken.None);
                else fleet.Processes[edge.Name].Pause();
            }

            isRight &= await PartAsync(fleet, cloud, alive);
            foreach ((int i, NodePlan edge) in plan.Edges.Index())
                if (i % 2 == 1) fleet.Processes[edge.Name].Resume();
            _table.Print(Console.Out);
            return isRight ? 0 : 1;
        }
        finally
        {
            await ManyEdges.EndAsync(alive);
            folder.Delete(recursive: true);
        }
    }

    private static async Task WriteAsync(Fleet fleet, List<InProcessEdge> alive)
    {
        string lines = InProcessEdge.Lines(PointsPerEdge);
        foreach (InProcessEdge edge in alive) await edge.WriteAsync(lines);
        foreach (NodePlan edge in fleet.Plan.Edges)
        {
            using HttpRequestMessage request =
                new(HttpMethod.Post, "/write?db=default") { Content = new StringContent(lines) };
            using HttpResponseMessage answer =
                await fleet.Client(edge).SendAsync(request, CancellationToken.None);
            await NodeClient.RequireSuccessAsync(answer, CancellationToken.None);
        }
    }

    private async Task<bool> AllAsync(Fleet fleet, NodePlan cloud)
    {
        List<double> times = [];
        bool isRight = true;
        for (int i = 0; i <= Repetitions; i++)
        {
            (JsonArray rows, _, double milliseconds) =
                await AskAsync(fleet, cloud, isPartial: false, Patience);
            isRight &= IsExact(rows, edges);
            if (i > 0) times.Add(milliseconds);
        }

        times.Sort();
        Add($"{edges} edges: median and greatest ms", string.Create(
            CultureInfo.InvariantCulture, $"{times[times.Count / 2]:0} {times[^1]:0}"));
        Add("all exact", isRight ? "yes" : "no");
        return isRight;
    }

    private async Task<bool> PartAsync(Fleet fleet, NodePlan cloud, List<InProcessEdge> alive)
    {
        bool isRefused = false;
        try
        {
            await AskAsync(fleet, cloud, isPartial: false, Deadline);
        }
        catch (TsDbException e) when (e.Kind == ErrorKind.Unavailable)
        {
            isRefused = fleet.Plan.Edges.All(edge => e.Message.Contains(edge.Name, StringComparison.Ordinal));
        }

        (JsonArray rows, string coverage, double milliseconds) =
            await AskAsync(fleet, cloud, isPartial: true, Deadline);
        bool areNamed = fleet.Plan.Edges.All(
            edge => coverage.Contains($"{edge.Name}:", StringComparison.Ordinal));
        bool areExact = IsExact(rows, alive.Count);
        Add($"{dead} dead, deadline {Deadline.TotalSeconds:0} s: answered after ms", string.Create(
            CultureInfo.InvariantCulture, $"{milliseconds:0}"));
        Add($"the {alive.Count} are exact", areExact ? "yes" : "no");
        Add($"the {dead} are named, in the coverage and in the error", areNamed && isRefused ? "yes" : "no");
        return areExact && areNamed && isRefused && milliseconds < Deadline.TotalMilliseconds * 1.5;
    }

    private static bool IsExact(JsonArray rows, int edges) => rows.Count == edges && rows.All(row =>
        row!["n"]!.GetValue<long>() == PointsPerEdge
        && row["s"]!.GetValue<long>() == PointsPerEdge * (PointsPerEdge - 1) / 2);

    private static async Task<(JsonArray Rows, string Coverage, double Milliseconds)> AskAsync(
        Fleet fleet, NodePlan cloud, bool isPartial, TimeSpan wait)
    {
        QueryCall call = new("default", Question, "json")
        {
            Fresh = true,
            AllowPartial = isPartial,
            EdgeTimeout = string.Create(CultureInfo.InvariantCulture, $"{wait.TotalSeconds}s"),
        };
        long started = Stopwatch.GetTimestamp();
        using HttpResponseMessage answer =
            await fleet.Client(cloud).QueryAsync(call, CancellationToken.None);
        string body = await answer.Content.ReadAsStringAsync();
        double took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        string coverage = string.Concat(answer.Headers.GetValues("X-TsDb-Coverage"));
        return (JsonNode.Parse(body)!.AsArray(), coverage, took);
    }

    private static void Say(string what) => Console.WriteLine("  " + what);

    private void Add(string figure, string value) => _table.Add(figure, value);
}
