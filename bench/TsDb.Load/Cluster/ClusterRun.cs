using TsDb.Cli.Demo;
using TsDb.Model;

namespace TsDb.Load.Cluster;

/// <summary>
/// What a cluster costs its operator: the loss of a node, a fourth one, and many segments in the catalog.
/// </summary>
internal static class ClusterRun
{
    private const int EdgesCount = 8;
    private const int RowsLarge = 131_072;
    private const int RowsSmall = 20;
    private const double Mebi = 1 << 20;
    private const string Question = "SELECT count(*) AS n, avg(f0) AS a FROM bench WHERE edge = 'edge-1'";
    private const string QuestionToAll = "SELECT edge, count(*) AS n, avg(f0) AS a FROM bench GROUP BY edge";
    private const int Repetitions = 11;
    private static readonly TimeSpan Within = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MergesEnd = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    /// <summary>Loses a node and adds one, with so much data at replication 2.</summary>
    public static async Task<int> LossAsync(int mebibytes)
    {
        CancellationToken ct = CancellationToken.None;
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-bench-");
        FleetPlan plan = FleetPlan.OnFreePorts(folder.FullName, clouds: 3, EdgesCount) with
        {
            CloudFlags =
            [
                "--replication", "2", "--repair-rate", "100GiB", "--scrub-rate", "0", "--move-grace", "1s",
                "--compact-input", "0",
            ],
        };
        await using (BenchCluster cluster = new(plan))
        {
            RandomLeaves leaves = new(await cluster.StartAsync(ct), RowsLarge);
            int count = (int)(mebibytes * Mebi / leaves.Make(0).Content.Length);
            long bytes = await cluster.FillAsync(leaves, count, replication: 2, ct);
            await cluster.SettleAsync(members: 3, ct);
            Say($"{count} segments, {bytes / Mebi:0} MiB, 2 copies on 3 nodes, {EdgesCount} edges, "
                + $"{RandomLeaves.DayCount} days");
            double before = await MedianAsync(cluster, 20, ct);
            await LoseAsync(cluster, before, ct);
            await AddAsync(cluster, bytes, ct);
        }

        folder.Delete(recursive: true);
        return 0;
    }

    /// <summary>A lone node with many segments, as they came and merged: start, memory, questions.</summary>
    public static async Task<int> CatalogAsync(IEnumerable<int> counts)
    {
        foreach (int count in counts)
        {
            await CatalogAsync(count, compactInput: "0");
            await CatalogAsync(count, compactInput: "64MiB");
        }

        return 0;
    }

    private static async Task CatalogAsync(int count, string compactInput)
    {
        CancellationToken ct = CancellationToken.None;
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-bench-");
        FleetPlan plan = FleetPlan.OnFreePorts(folder.FullName, clouds: 1, EdgesCount) with
        {
            CloudFlags = ["--replication", "1", "--scrub-rate", "0", "--compact-input", compactInput],
        };
        await using (BenchCluster cluster = new(plan))
        {
            RandomLeaves leaves = new(await cluster.StartAsync(ct), RowsSmall);
            await cluster.FillAsync(leaves, count, replication: 1, ct);
            NodePlan node = cluster.Clouds[0];
            if (compactInput != "0") await MergeAsync(cluster, node, ct);
            await cluster.Fleet.Processes[node.Name].StopAsync(ct);
            long start = TimeProvider.System.GetTimestamp();
            await cluster.Fleet.RestartAsync(node, ct);
            double ready = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
            await cluster.SettleAsync(members: 1, ct);
            (double First, double Median) planning =
                await TimesAsync(cluster, node, $"EXPLAIN {Question}", ct);
            (double First, double Median) one = await TimesAsync(cluster, node, Question, ct);
            (double First, double Median) all = await TimesAsync(cluster, node, QuestionToAll, ct);
            ProcessFigures figures = ProcessFigures.Of(cluster.Fleet.Processes[node.Name].Id);
            long files = (await cluster.StatusAsync(node, ct))["segments"]!["files"]!.GetValue<long>();
            Say($"{count} segments in {files} files: ready after {ready:0.00} s, peak "
                + $"{figures.PeakBytes / Mebi:0} MiB; planning one edge of {EdgesCount} "
                + $"{planning.Median:0.0} ms (first {planning.First:0.0}), asking it {one.Median:0.0} ms "
                + $"({one.First:0.0}), asking all {all.Median:0.0} ms ({all.First:0.0})");
        }

        folder.Delete(recursive: true);
    }

    // Until nothing was merged for longer than the node waits between two looks.
    private static async Task MergeAsync(BenchCluster cluster, NodePlan node, CancellationToken ct)
    {
        double before = cluster.Cpu([node]);
        (long merges, double cpu) = (-1, before);
        while (true)
        {
            long now = (await cluster.StatusAsync(node, ct))["compaction"]!["merges"]!.GetValue<long>();
            if (now == merges && now > 0) break;
            (merges, cpu) = (now, cluster.Cpu([node]));
            await Task.Delay(MergesEnd, TimeProvider.System, ct);
        }

        long bytes = (await cluster.StatusAsync(node, ct))["compaction"]!["bytes"]!.GetValue<long>();
        Say($"{merges} merges of {bytes / Mebi:0} MiB, {cpu - before:0.0} processor seconds with all else");
    }

    private static async Task<(double First, double Median)> TimesAsync(
        BenchCluster cluster, NodePlan node, string sql, CancellationToken ct)
    {
        // Owners that have just started may not count yet.
        List<double> times = [];
        await cluster.Fleet.UntilAsync("it answers", Within, async () =>
        {
            times.Add(await cluster.AskAsync(node, sql, ct));
            return true;
        }, ct);
        while (times.Count < Repetitions) times.Add(await cluster.AskAsync(node, sql, ct));
        return (times[0], times.Order().ElementAt(Repetitions / 2));
    }

    private static async Task LoseAsync(BenchCluster cluster, double before, CancellationToken ct)
    {
        NodePlan lost = cluster.Clouds[2];
        await cluster.Fleet.KillAsync(lost, ct);
        Directory.Delete(Path.Combine(cluster.Fleet.Plan.Folder, lost.Name), recursive: true);
        double cpu = cluster.Cpu(cluster.Clouds[..2]);
        long start = TimeProvider.System.GetTimestamp();
        await cluster.Fleet.RestartAsync(lost, ct);
        Task settled = cluster.SettleAsync(members: 3, ct);
        List<double> during = [];
        double refused = 0;
        while (!settled.IsCompleted)
        {
            during.Add(await cluster.AskAsync(cluster.Clouds[0], Question, ct, "one"));
            try
            {
                await cluster.AskAsync(cluster.Clouds[0], Question, ct);
            }
            catch (TsDbException lacking) when (lacking.Kind == ErrorKind.Unavailable)
            {
                // Of two copies a quorum is both.
                refused = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
            }

            await Task.Delay(Pace, TimeProvider.System, ct);
        }

        await settled;
        double seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        long fetched = await cluster.FetchedAsync(lost, ct);
        cpu = cluster.Cpu(cluster.Clouds) - cpu;
        double own = cluster.Cpu([lost]);
        double rate = fetched / Mebi / seconds;
        Say($"lost a node with an emptied disk: {fetched / Mebi:0} MiB fetched in {seconds:0.0} s, "
            + $"{rate:0} MiB/s, {cpu / (fetched / Mebi / 1024):0.0} processor seconds a GiB (start and "
            + $"questions included; the node itself {own / (fetched / Mebi / 1024):0.0}); 1 TiB would "
            + $"take {1024 * 1024 / rate / 3600:0.0} h");
        double median = during.Order().ElementAt(during.Count / 2);
        Say($"a question ('one') at the median: {before:0} ms before, {median:0} ms "
            + $"while it was repaired, {during.Max():0} ms at worst; 'quorum', which is both copies, was "
            + $"refused for {refused:0.0} s");
    }

    private static async Task AddAsync(BenchCluster cluster, long bytes, CancellationToken ct)
    {
        long before = 0;
        foreach (NodePlan node in cluster.Clouds) before += await cluster.FetchedAsync(node, ct);
        NodePlan fourth = new("cloud-4", IsCloud: true)
        {
            Http = FreePorts.NextAddress(),
            Flight = FreePorts.NextAddress(),
            Cluster = FreePorts.NextAddress(),
            Mqtt = FreePorts.NextAddress(),
        };
        long start = TimeProvider.System.GetTimestamp();
        await cluster.Fleet.RestartAsync(fourth, ct);
        await cluster.SettleAsync(members: 4, ct);
        double seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        long owned = (await cluster.StatusAsync(fourth, ct))["segments"]!["bytes"]!.GetValue<long>();
        long moved = await cluster.FetchedAsync(fourth, ct);
        foreach (NodePlan node in cluster.Clouds) moved += await cluster.FetchedAsync(node, ct);
        moved -= before;
        Say($"a fourth node: {moved / Mebi:0} MiB moved in {seconds:0.0} s; it owns {owned / Mebi:0} MiB, so "
            + $"{(double)moved / owned:0.000} of the least possible; a fair quarter is "
            + $"{bytes * 2 / 4 / Mebi:0} MiB");
    }

    private static async Task<double> MedianAsync(BenchCluster cluster, int count, CancellationToken ct)
    {
        List<double> took = [];
        for (int i = 0; i < count; i++)
            took.Add(await cluster.AskAsync(cluster.Clouds[0], Question, ct, "one"));
        return took.Order().ElementAt(count / 2);
    }

    private static void Say(string text) => Console.WriteLine(text);
}
