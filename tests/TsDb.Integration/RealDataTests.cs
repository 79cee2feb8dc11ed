using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using TsDb.Cli.Demo;
using TsDb.Integration.Fleets;

namespace TsDb.Integration;

/// <summary>Real measurements through the whole loop, compared with DuckDB over the same text.</summary>
public sealed class RealDataTests
{
    private const long PointsExpected = 237_777;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private static readonly string[] Tables = ["realAdExchange", "realKnownCause", "realTweets"];

    [Fact]
    public async Task One_edge_and_then_the_cloud_answer_as_the_engine_that_reads_the_lines_itself()
    {
        using RealData data = RealData.Open();
        await using TestFleet fleet = await TestFleet.StartAsync(clouds: 3, edges: 1);
        await using (Stream lines = data.Lines()) await TestFleet.WriteAsync(fleet.Edges[0], lines);

        await CompareAsync(fleet, fleet.Edges[0], data);
        await fleet.DrainAsync();
        await CompareAsync(fleet, fleet.Edges[0], data);
        foreach (NodePlan cloud in fleet.Clouds) await CompareAsync(fleet, cloud, data);

        // At rest: a running node may merge files while they are read.
        await fleet.Fleet.KillAsync(fleet.Clouds[0], TestContext.Current.CancellationToken);
        SegmentsAreOpen(fleet, data);
    }

    [Fact]
    public async Task Eight_edges_are_one_table_at_any_replication()
    {
        using RealData data = RealData.Open();
        await using TestFleet fleet = await TestFleet.StartAsync(
            clouds: 3, edges: 8, cloudFlags: ["--replication", "3", "--move-grace", "1s"]);

        // Downwards: nothing that is there has to be copied. Each copy has a file a day and edge: with more
        // than one copy every fourth day.
        for (int replication = 3; replication > 0; replication--)
        {
            string database = string.Create(CultureInfo.InvariantCulture, $"copies{replication}");
            int days = replication == 1 ? 1 : 4;
            if (replication < 3) await ReplicateAsync(fleet, replication);
            for (int i = 0; i < fleet.Edges.Length; i++)
            {
                await using Stream lines = data.Lines(i, fleet.Edges.Length, days);
                await TestFleet.WriteAsync(fleet.Edges[i], lines, database);
            }

            await fleet.DrainAsync();
            foreach (NodePlan cloud in fleet.Clouds) await CompareAsync(fleet, cloud, data, database, days);
        }
    }

    private static async Task ReplicateAsync(TestFleet fleet, int replication)
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        await fleet.Fleet.Client(fleet.Clouds[0]).AskJsonAsync(
            HttpMethod.Post,
            string.Create(CultureInfo.InvariantCulture, $"/api/v1/cluster/set?replication={replication}"),
            ct);
        await fleet.Fleet.UntilAsync($"every shard has {replication} owners", Soon, async () =>
        {
            bool isSo = true;
            foreach (NodePlan cloud in fleet.Clouds)
            {
                JsonNode shards = await fleet.Fleet.Client(cloud).GetJsonAsync("/api/v1/shards", ct);
                isSo &= shards["moving"]!.GetValue<int>() == 0
                    && shards["list"]!.AsArray().All(s => s!["owners"]!.AsArray().Count == replication);
            }

            return isSo;
        }, ct);
    }

    private static async Task CompareAsync(
        TestFleet fleet, NodePlan node, RealData data, string database = "default", int days = 1)
    {
        long points = 0;
        foreach (string table in Tables)
        {
            JsonElement got = (await fleet.AskAsync(
                node,
                $"SELECT count(*) n, sum(value) s, min(value) lo, max(value) hi FROM {table}",
                database: database)).Single();
            object?[] want = data.Ask(
                "SELECT count(*), fsum(value), min(value), max(value), fsum(abs(value)) "
                + $"FROM points WHERE tbl = '{table}' AND day % {days} = 0").Single();
            points += got.GetProperty("n").GetInt64();
            Assert.Equal((long)want[0]!, got.GetProperty("n").GetInt64());
            double bound = (long)want[0]! * Math.ScaleB(1, -53) * (double)want[4]!;
            Assert.InRange(got.GetProperty("s").GetDouble(), (double)want[1]! - bound, (double)want[1]!
                + bound);
            Assert.Equal((double)want[2]!, got.GetProperty("lo").GetDouble());
            Assert.Equal((double)want[3]!, got.GetProperty("hi").GetDouble());
            await CompareDailyMeansAsync(fleet, node, data, database, table, days);
        }

        if (days == 1) Assert.Equal(PointsExpected, points);
        else Assert.InRange(points, PointsExpected / (days + 1), PointsExpected / (days - 1));
    }

    private static async Task CompareDailyMeansAsync(
        TestFleet fleet, NodePlan node, RealData data, string database, string table, int days)
    {
        JsonElement[] got = await fleet.AskAsync(node, $"""
            SELECT series, epoch(date_trunc('day', time))::BIGINT AS day, avg(value) AS mean, count(*) AS n
            FROM {table} GROUP BY series, day ORDER BY series, day
            """, database: database);
        List<object?[]> want = data.Ask($"""
            SELECT series, epoch(date_trunc('day', time))::BIGINT AS day, favg(value), count(*),
                fsum(abs(value))
            FROM points WHERE tbl = '{table}' AND day % {days} = 0 GROUP BY 1, 2 ORDER BY 1, 2
            """);
        Assert.Equal(want.Count, got.Length);
        foreach ((object?[] w, JsonElement g) in want.Zip(got))
        {
            Assert.Equal((string)w[0]!, g.GetProperty("series").GetString());
            Assert.Equal((long)w[1]!, g.GetProperty("day").GetInt64());
            Assert.Equal((long)w[3]!, g.GetProperty("n").GetInt64());
            double bound = Math.ScaleB(1, -53) * (double)w[4]! * 2;
            Assert.InRange(g.GetProperty("mean").GetDouble(), (double)w[2]! - bound, (double)w[2]! + bound);
        }
    }

    /// <summary>A reader that knows nothing of this database opens the files and sees times and tags with
    /// names.</summary>
    private static void SegmentsAreOpen(TestFleet fleet, RealData data)
    {
        string files = Path.Combine(fleet.Folder, "cloud-1", "**", "realTweets", "*", "*", "*.parquet");
        Dictionary<string, string> columns = data
            .Ask("DESCRIBE SELECT * FROM "
                + $"read_parquet('{files}', union_by_name = true, hive_partitioning = true)")
            .ToDictionary(row => (string)row[0]!, row => (string)row[1]!, StringComparer.Ordinal);
        Assert.StartsWith("TIMESTAMP", columns["time"], StringComparison.Ordinal);
        Assert.Equal("VARCHAR", columns["series"]);
        Assert.Equal("VARCHAR", columns["edge"]);
        long rows = (long)data.Ask(
            "SELECT count(*) FROM (SELECT DISTINCT series, time "
            + $"FROM read_parquet('{files}', union_by_name = true))").Single()[0]!;
        Assert.Equal((long)data.Ask("SELECT count(*) FROM points WHERE tbl = 'realTweets'").Single()[0]!,
            rows);
    }
}
