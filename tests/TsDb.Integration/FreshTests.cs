using System.Globalization;
using System.Text;
using System.Text.Json;
using TsDb.Cli.Demo;
using TsDb.Cli.Nodes;
using TsDb.Cli.Output;
using TsDb.Integration.Fleets;
using TsDb.Model;

namespace TsDb.Integration;

/// <summary>
/// Fresh queries at a cloud node while edges take, seal, cut, ship and compact points of several days. Writer
/// and truth are simple: point n has the value n, lies on one of three days, and is written after point n - 1
/// was acknowledged. So whatever moment an answer is of, count c and sum c * (c - 1) / 2 belong together.
/// Runs by itself: queries have less of the processor than anything else, so beside other fleets an edge that
/// still compiles its first answer would be given up.
/// </summary>
[CollectionDefinition(nameof(FreshTests), DisableParallelization = true)]
[Collection(nameof(FreshTests))]
public sealed class FreshTests
{
    private const long StartNanoseconds = 1_700_000_000_000_000_000;
    private const long DayNanoseconds = 86_400_000_000_000;
    private const int Days = 3;

    private const string Moments =
        "SELECT edge, count(*) AS n, sum(v) AS s, max(v) AS m FROM fresh GROUP BY edge";

    // TSDB_TEST_FRESH=5000 for a campaign.
    private static readonly int AnswersWanted = int.TryParse(
        Environment.GetEnvironmentVariable("TSDB_TEST_FRESH"), CultureInfo.InvariantCulture, out int wanted)
        ? wanted
        : 40;

    private static readonly TimeSpan DurationMax = TimeSpan.FromSeconds(60 + (AnswersWanted / 10));

    // On a busy machine it takes nodes seconds after their start to hear of each other.
    private static readonly TimeSpan RefusedMax = TimeSpan.FromSeconds(30);

    // After each point, so that the machine has time for questions too.
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(5);

    private static readonly string[] EdgeFlags =
        ["--seal-age", "300ms", "--ship-delay", "200ms", "--ship-bytes", "64KiB"];

    [Fact]
    public async Task Every_fresh_answer_is_the_truth_of_one_moment_of_each_edge()
    {
        await using TestFleet fleet = await TestFleet.StartAsync(clouds: 3, edges: 2, edgeFlags: EdgeFlags);
        Writer[] writers = [.. fleet.Edges.Select(edge => new Writer(fleet, edge))];
        using CancellationTokenSource stop =
            CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task[] writing = [.. writers.Select(writer => writer.RunAsync(stop.Token))];
        const string Warm = "SELECT count(*) AS n FROM fresh";
        foreach (NodePlan node in fleet.Clouds) await AskAsync(fleet, node, Warm);
        TimeProvider clock = TimeProvider.System;
        long start = clock.GetTimestamp();
        int answers = 0;
        while (answers < AnswersWanted && clock.GetElapsedTime(start) < DurationMax)
        {
            long[] before = [.. writers.Select(writer => writer.Acknowledged)];
            JsonElement[] rows = await AskAsync(fleet, fleet.Clouds[answers % 3], Moments);
            for (int i = 0; i < writers.Length; i++) writers[i].RequireMoment(rows, before[i]);
            answers++;
        }

        await stop.CancelAsync();
        await Task.WhenAll(writing);
        Assert.True(answers >= AnswersWanted / 2, $"only {answers} answers");
        await fleet.DrainAsync();
        long all = writers.Sum(writer => writer.Acknowledged);
        Assert.Equal(all, await fleet.NumberAsync(fleet.Clouds[0], "SELECT count(*) FROM fresh"));
    }

    [Fact]
    public async Task A_dead_edge_costs_one_wait_although_the_others_ship_meanwhile()
    {
        await using TestFleet fleet = await TestFleet.StartAsync(clouds: 3, edges: 3, edgeFlags: EdgeFlags);
        CancellationToken ct = TestContext.Current.CancellationToken;
        Writer[] writers = [.. fleet.Edges.Select(edge => new Writer(fleet, edge))];
        foreach (Writer writer in writers) await writer.WriteAsync(10, ct);
        await fleet.DrainAsync();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task[] writing = [.. writers.Take(2).Select(writer => writer.RunAsync(stop.Token))];

        // While they write, so that they have rows to answer with: the first such answer is compiled, which
        // on a busy machine takes longer than the wait below.
        foreach (NodePlan node in fleet.Clouds) await AskAsync(fleet, node, Moments);
        fleet.Fleet.Processes[fleet.Edges[2].Name].Pause();
        TimeSpan wait = TimeSpan.FromSeconds(3);
        QueryCall call = new("default", Moments, "json")
        {
            Fresh = true, AllowPartial = true, EdgeTimeout = $"{wait.TotalSeconds}s",
        };
        for (int i = 0; i < 4; i++)
        {
            long[] before = [.. writers.Select(writer => writer.Acknowledged)];
            long start = TimeProvider.System.GetTimestamp();
            using HttpResponseMessage answer =
                await fleet.Fleet.Client(fleet.Clouds[i % 3]).QueryAsync(call, ct);
            using JsonDocument body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(ct));
            Assert.InRange(TimeProvider.System.GetElapsedTime(start), wait, wait * 2);
            JsonElement[] rows = [.. body.RootElement.EnumerateArray()];
            for (int n = 0; n < writers.Length; n++) writers[n].RequireMoment(rows, before[n]);
            string coverage = answer.Headers.GetValues("X-TsDb-Coverage").Single();
            string silent = $"\"silent\":[\"{fleet.Edges[2].Name}\"]";
            Assert.True(coverage.Contains(silent, StringComparison.Ordinal), $"question {i}: {coverage}");
        }

        await stop.CancelAsync();
        await Task.WhenAll(writing);
        fleet.Fleet.Processes[fleet.Edges[2].Name].Resume();
    }

    [Fact]
    public async Task An_edge_that_is_gone_is_named_and_the_others_are_exact()
    {
        string[] flags = ["--seal-age", "1h", "--ship-delay", "1h"];
        await using TestFleet fleet = await TestFleet.StartAsync(clouds: 1, edges: 3, edgeFlags: flags);
        CancellationToken ct = TestContext.Current.CancellationToken;
        foreach (NodePlan edge in fleet.Edges) await new Writer(fleet, edge).WriteAsync(10, ct);
        Assert.Equal(30, (await AskAsync(fleet, fleet.Clouds[0], "SELECT count(*) AS n FROM fresh"))
            .Single().GetProperty("n").GetInt64());
        await fleet.Fleet.KillAsync(fleet.Edges[2], ct);
        QueryCall call = new("default", "SELECT count(*) AS n FROM fresh", "json") { Fresh = true };
        TsDbException refused = await Assert.ThrowsAsync<TsDbException>(
            () => fleet.Fleet.Client(fleet.Clouds[0]).QueryAsync(call, ct));
        Assert.Contains(fleet.Edges[2].Name, refused.Message, StringComparison.Ordinal);
        using HttpResponseMessage partial =
            await fleet.Fleet.Client(fleet.Clouds[0]).QueryAsync(call with { AllowPartial = true }, ct);
        Assert.Equal("[{\"n\":20}]", await partial.Content.ReadAsStringAsync(ct));
        string coverage = partial.Headers.GetValues("X-TsDb-Coverage").Single();
        Assert.Contains(
            $"\"silent\":[\"{fleet.Edges[2].Name}\"]", coverage, StringComparison.Ordinal);
        Assert.EndsWith(
            ", 3 edges, 1 silent edge, incomplete", CoverageText.Summary(coverage), StringComparison.Ordinal);
        Assert.Equal(
            ", 100 edges, complete",
            CoverageText.Summary("""{"edges": ["E1", "E2", "and 98 more"], "complete": true}"""));
        Assert.Contains("\"complete\":false", coverage, StringComparison.Ordinal);

        // An edge that is not asked need not be there.
        JsonElement[] one = await AskAsync(
            fleet, fleet.Clouds[0], $"SELECT count(*) AS n FROM fresh WHERE edge = '{fleet.Edges[0].Name}'");
        Assert.Equal(10, one.Single().GetProperty("n").GetInt64());
    }

    private static async Task<JsonElement[]> AskAsync(TestFleet fleet, NodePlan node, string sql)
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                QueryCall call = new("default", sql, "json") { Fresh = true, EdgeTimeout = "20s" };
                using HttpResponseMessage response = await fleet.Fleet.Client(node).QueryAsync(call, ct);
                using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(ct));
                return [.. answer.RootElement.EnumerateArray().Select(row => row.Clone())];
            }
            catch (TsDbException e) when (TimeProvider.System.GetElapsedTime(start) < RefusedMax
                && e.Kind is ErrorKind.NotFound or ErrorKind.Unavailable)
            {
                // Before the first point there is no table, nodes that have just started have not heard of
                // each other, and while a cell changes under a query the cluster says so rather than guess.
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, ct);
            }
        }
    }

    private sealed class Writer(TestFleet fleet, NodePlan edge)
    {
        private long _acknowledged;
        private long _begun;

        public string Edge => edge.Name;

        public long Acknowledged => Interlocked.Read(ref _acknowledged);

        public long Begun => Interlocked.Read(ref _begun);

        /// <summary>The answer's row of the edge must be the truth of a moment since it had so many points.
        /// </summary>
        public void RequireMoment(JsonElement[] rows, long before)
        {
            JsonElement row = rows.SingleOrDefault(r => r.GetProperty("edge").GetString() == Edge);
            long n = row.ValueKind == JsonValueKind.Undefined ? 0 : row.GetProperty("n").GetInt64();
            Assert.InRange(n, before, Begun);
            if (n == 0) return;
            Assert.Equal(n * (n - 1) / 2, row.GetProperty("s").GetInt64());
            Assert.Equal(n - 1, row.GetProperty("m").GetInt64());
        }

        public async Task RunAsync(CancellationToken stop)
        {
            CancellationToken ct = TestContext.Current.CancellationToken;
            while (!stop.IsCancellationRequested)
            {
                await WriteAsync(1, ct);
                await Task.Delay(Rest, TimeProvider.System, ct);
            }
        }

        public async Task WriteAsync(int points, CancellationToken ct)
        {
            for (int i = 0; i < points; i++)
            {
                long n = _begun;
                long time = StartNanoseconds + (n % Days * DayNanoseconds) + (n * 1_000_000);
                Interlocked.Increment(ref _begun);
                using StringContent line = new(string.Create(
                    CultureInfo.InvariantCulture, $"fresh,host=h{n % 5} v={n}i {time}"), Encoding.UTF8);
                using HttpRequestMessage request =
                    new(HttpMethod.Post, "/write?db=default") { Content = line };
                using HttpResponseMessage response = await fleet.Fleet.Client(edge).SendAsync(request, ct);
                Assert.Equal(204, (int)response.StatusCode);
                Interlocked.Increment(ref _acknowledged);
            }
        }
    }
}
