using System.Collections.Immutable;
using System.Globalization;
using TsDb.Conformance.Fleets;
using TsDb.Model;
using TsDb.Query.Distributed;

namespace TsDb.Conformance;

public sealed class CoordinatorTests
{
    private const string ByHost =
        "SELECT host, count(*), sum(n), min(v), max(v), first(n), last(v) FROM weather GROUP BY host "
            + "ORDER BY host";

    // Of a form that dashboards send: answered without the general engine.
    private const string Small =
        "SELECT host, count(*) AS n, sum(n) AS s, max(v) AS m FROM weather GROUP BY host ORDER BY host";

    public static TheoryData<string> Queries => new(
        "SELECT count(*), sum(n), min(n), max(n) FROM weather",
        ByHost,
        "SELECT time_bucket(INTERVAL '1 day', time) AS day, edge, count(*) c FROM weather GROUP BY ALL "
            + "HAVING c > 1 "
            + "ORDER BY day, edge LIMIT 7",
        "SELECT edge, avg(n) FROM weather WHERE edge IN ('e1', 'e2') AND time >= '2016-01-02' GROUP BY "
            + "edge ORDER BY edge",
        "SELECT median(n), count(DISTINCT host) FROM weather WHERE time < '2016-01-02'",
        "SELECT * FROM weather WHERE edge = 'e3' ORDER BY time DESC, host LIMIT 5",
        "SELECT count(*) FROM weather a JOIN weather b ON a.time = b.time AND a.host = b.host WHERE "
            + "a.edge = 'e1'",
        "SELECT count(*), sum(n) FROM weather WHERE edge = 'nobody'",
        "SELECT host FROM weather WHERE edge = 'nobody'",
        "SELECT sum(n) FROM Weather WHERE time >= '2030-01-01'",
        "SELECT 1 + 1");

    [Theory]
    [MemberData(nameof(Queries))]
    public async Task A_spread_table_answers_like_one_at_one_place(string sql)
    {
        using Fleet fleet = new(nodes: 4, replicas: 2);
        fleet.ShipDays(edges: 5, days: 3, pointsADay: 20);
        (string rows, Coverage coverage) = await fleet.AskAsync(sql);
        Assert.Equal(await fleet.WholeAsync(sql), rows);
        Assert.True(coverage.Complete);
        if (sql == ByHost) Assert.Equal(4, coverage.NodesAsked.Length);
    }

    [Fact]
    public async Task An_answer_by_a_configuration_that_others_know_to_be_past_is_none()
    {
        using Fleet fleet = new(nodes: 3, replicas: 3);
        fleet.ShipDays(edges: 2, days: 1, pointsADay: 20);
        fleet.Current = fleet.Current! with { Epoch = new Epoch(4) };
        foreach (string node in (string[])["n1", "n2", "n3"]) fleet.Node(node).Epoch = new Epoch(4);
        Assert.True((await fleet.AskAsync(Small)).Coverage.Complete);
        fleet.Node("n2").Epoch = new Epoch(5);
        TsDbException behind =
            await Assert.ThrowsAsync<TsDbException>(() => fleet.AskAsync(Small));
        Assert.Equal(ErrorKind.Unavailable, behind.Kind);
        Assert.Contains("as of epoch 5: this node knows it as of epoch 4", behind.Message,
            StringComparison.Ordinal);

        // It hears of it while the question waits.
        fleet.OnCatalogTold = _ => fleet.Current = fleet.Current with { Epoch = new Epoch(5) };
        Assert.True((await fleet.AskAsync(Small)).Coverage.Complete);
    }

    [Fact]
    public async Task Who_is_out_of_touch_with_the_majority_answers_for_no_quorum()
    {
        using Fleet fleet = new(nodes: 3, replicas: 3) { Detached = "contact with the majority" };
        fleet.ShipDays(edges: 2, days: 1, pointsADay: 20);
        TsDbException refused = await Assert.ThrowsAsync<TsDbException>(() => fleet.AskAsync(Small));
        Assert.StartsWith("contact with the majority;", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_directory_that_had_the_name_of_an_owner_before_is_not_heard()
    {
        using Fleet fleet = new(nodes: 3, replicas: 3);
        fleet.ShipDays(edges: 2, days: 1, pointsADay: 20);
        NodeId second = new("n2");
        fleet.Current = fleet.Current! with
        {
            Epoch = new Epoch(5),
            Since = ImmutableDictionary<NodeId, Epoch>.Empty.Add(second, new Epoch(5)),
        };
        foreach (string node in (string[])["n1", "n2", "n3"]) fleet.Node(node).Epoch = new Epoch(4);
        Coverage coverage = (await fleet.AskAsync(ByHost)).Coverage;
        Assert.True(coverage.Complete);
        Assert.DoesNotContain(second, coverage.NodesAsked);
        fleet.Node("n3").IsDown = true;
        TsDbException refused = await Assert.ThrowsAsync<TsDbException>(() => fleet.AskAsync(ByHost));
        Assert.Equal(ErrorKind.Unavailable, refused.Kind);
    }

    [Fact]
    public async Task Who_has_not_heard_of_an_erasure_does_not_answer_and_another_does()
    {
        using Fleet fleet = new(nodes: 3, replicas: 3);
        fleet.ShipDays(edges: 5, days: 3, pointsADay: 20);
        (string all, _) = await fleet.AskAsync(ByHost);
        Erasures erasures = Erasures.None.With(
            new TableId("db", "weather"), [new TagCondition("host", ["h0", "h2"])],
            (16_802L * Day.NanosecondsLength) + 1);
        fleet.Erase(erasures, node => node.Value != "n2");
        (string rows, Coverage coverage) = await fleet.AskAsync(ByHost);
        Assert.Equal(await fleet.WholeAsync(ByHost), rows);
        Assert.NotEqual(all, rows);
        Assert.True(coverage.Complete);
        Assert.DoesNotContain(new NodeId("n2"), coverage.NodesAsked);

        // The coordinator is behind as well, and hears of it from the others.
        fleet.Current = fleet.Current! with { Erasures = 0 };
        Assert.Equal(rows, (await fleet.AskAsync(ByHost)).Rows);

        fleet.Erase(erasures.Lift(1));
        Assert.Equal(all, (await fleet.AskAsync(ByHost)).Rows);
    }

    [Fact]
    public async Task Where_nobody_else_can_answer_there_is_no_answer_rather_than_too_much()
    {
        using Fleet fleet = new(nodes: 3, replicas: 1);
        fleet.ShipDays(edges: 5, days: 3, pointsADay: 20);
        fleet.Erase(
            Erasures.None.With(new TableId("db", "weather"), [], 16_802L * Day.NanosecondsLength),
            node => node.Value != "n2");
        TsDbException refused = await Assert.ThrowsAsync<TsDbException>(() => fleet.AskAsync(ByHost));
        Assert.Equal(ErrorKind.Unavailable, refused.Kind);
    }

    [Fact]
    public async Task One_round_to_the_catalogs_and_then_only_changes_travel()
    {
        using Fleet fleet = new(nodes: 3, replicas: 3);
        fleet.ShipDays(edges: 8, days: 6, pointsADay: 2);
        await fleet.AskAsync(ByHost);
        int first = fleet.CellsTold;
        int asked = fleet.Questions;
        Assert.InRange(asked, 2, 3);
        fleet.Ship("e1", Fleet.Points(1, 0, 100, 2));
        (string rows, _) = await fleet.AskAsync(ByHost);
        Assert.InRange(fleet.Questions - asked, 2, 3);
        Assert.True(fleet.CellsTold < first / 5, $"{fleet.CellsTold} cells after {first}");
        Assert.Equal(await fleet.WholeAsync(ByHost), rows);
    }

    [Theory]
    [InlineData(1, Consistency.One)]
    [InlineData(1, Consistency.Quorum)]
    [InlineData(2, Consistency.Quorum)]
    [InlineData(2, Consistency.All)]
    public async Task A_small_statement_over_catalogs_that_are_known_takes_one_round(
        int replicas, Consistency consistency)
    {
        using Fleet fleet = new(nodes: 3, replicas);
        fleet.ShipDays(edges: 8, days: 3, pointsADay: 20);
        await AskAsync();
        Assert.NotEqual(0, fleet.Fragments);
        (int before, int questions) = (fleet.Fragments, fleet.Questions);
        Coverage coverage = await AskAsync();
        Assert.Equal(before, fleet.Fragments);
        Assert.InRange(fleet.Questions - questions, 2, 3);
        Assert.Equal(3, coverage.NodesAsked.Length);

        async Task<Coverage> AskAsync()
        {
            (string rows, Coverage of) =
                await fleet.AskAsync(Small, r => r with { Consistency = consistency });
            Assert.Equal(await fleet.WholeAsync(Small), rows);
            return of;
        }
    }

    [Fact]
    public async Task What_was_run_early_counts_only_if_the_plan_asks_for_just_that()
    {
        using Fleet fleet = new(nodes: 3, replicas: 2);
        fleet.ShipDays(edges: 8, days: 3, pointsADay: 20);
        await fleet.AskAsync(Small);

        // One of two owners has a leaf more: which of them serves is another one than before, or he has more.
        for (int edge = 0; edge < 8; edge++)
        {
            int late = edge;
            fleet.Ship($"e{edge}", Fleet.Points(edge, 0, 50, 5), node => node.Value != $"n{(late % 3) + 1}");
            Assert.Equal(await fleet.WholeAsync(Small), (await fleet.AskAsync(Small)).Rows);
        }

        // A column more, an erasure, a catalog that was opened anew.
        fleet.Ship("e1", "weather,host=h1 extra=1 1451606400000000007");
        Assert.Equal(await fleet.WholeAsync(Small), (await fleet.AskAsync(Small)).Rows);
        fleet.Erase(Erasures.None.With(
            new TableId("db", "weather"), [new TagCondition("host", ["h0"])],
            (16_802L * Day.NanosecondsLength) + 1));
        Assert.Equal(await fleet.WholeAsync(Small), (await fleet.AskAsync(Small)).Rows);
        fleet.Node("n2").Instance = Guid.Parse("00000000-0000-0000-0000-0000000000bb");
        Assert.Equal(await fleet.WholeAsync(Small), (await fleet.AskAsync(Small)).Rows);
    }

    [Fact]
    public async Task Rows_from_before_what_the_plan_knows_are_not_used()
    {
        using Fleet fleet = new(nodes: 3, replicas: 1);
        fleet.ShipDays(edges: 4, days: 2, pointsADay: 5);
        await fleet.AskAsync(Small);

        // The node is opened anew between what it says and what it runs.
        fleet.OnCatalogTold = node =>
        {
            fleet.OnCatalogTold = null;
            fleet.Node(node.Value).Instance = Guid.Parse("00000000-0000-0000-0000-0000000000cc");
        };
        (string rows, Coverage coverage) = await fleet.AskAsync(Small);
        Assert.Equal(await fleet.WholeAsync(Small), rows);
        Assert.True(coverage.Complete);
    }

    [Fact]
    public async Task What_one_owner_lacks_another_serves()
    {
        using Fleet fleet = new(nodes: 3, replicas: 3);
        fleet.ShipDays(edges: 4, days: 2, pointsADay: 5);
        for (int edge = 0; edge < 4; edge++)
        {
            int late = edge;
            fleet.Ship($"e{edge}", Fleet.Points(edge, 0, 50, 5), node =>
                node.Value != $"n{(late % 3) + 1}");
        }

        (string rows, Coverage coverage) = await fleet.AskAsync(ByHost);
        Assert.Equal(await fleet.WholeAsync(ByHost), rows);
        Assert.True(coverage.Complete);
    }

    [Fact]
    public async Task What_no_owner_has_whole_one_fetches_first()
    {
        using Fleet fleet = new(nodes: 3, replicas: 3);
        fleet.Ship("e1", Fleet.Points(1, 0, 0, 5), node => node.Value != "n1");
        fleet.Ship("e1", Fleet.Points(1, 0, 5, 5), node => node.Value != "n2");
        fleet.Ship("e1", Fleet.Points(1, 0, 10, 5), node => node.Value != "n3");
        (string rows, Coverage coverage) =
            await fleet.AskAsync(ByHost, r => r with { Consistency = Consistency.All });
        Assert.Equal(await fleet.WholeAsync(ByHost), rows);
        Assert.True(coverage.Complete);
        Assert.Equal(1, fleet.Node("n1").Fetched + fleet.Node("n2").Fetched + fleet.Node("n3").Fetched);
    }

    [Fact]
    public async Task A_node_that_fails_in_the_middle_is_replaced()
    {
        using Fleet fleet = new(nodes: 3, replicas: 3);
        fleet.ShipDays(edges: 6, days: 3, pointsADay: 5);
        fleet.Node("n2").FragmentsLeft = 0;
        (string rows, Coverage coverage) = await fleet.AskAsync(ByHost);
        Assert.Equal(await fleet.WholeAsync(ByHost), rows);
        Assert.DoesNotContain("n2", coverage.NodesAsked.Select(node => node.Value));
        Assert.True(coverage.Complete);
        (rows, _) = await fleet.AskAsync(ByHost);
        Assert.Equal(await fleet.WholeAsync(ByHost), rows);
    }

    [Fact]
    public async Task Without_a_quorum_the_answer_is_an_error_that_says_who_is_missing()
    {
        using Fleet fleet = new(nodes: 3, replicas: 2);
        fleet.ShipDays(edges: 6, days: 3, pointsADay: 5);
        fleet.Node("n3").IsDown = true;
        TsDbException error = await Assert.ThrowsAsync<TsDbException>(() => fleet.AskAsync(ByHost));
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Contains("n3 is down", error.Message, StringComparison.Ordinal);
        (string rows, Coverage coverage) = await fleet.AskAsync(ByHost, r => r with { AllowPartial = true });
        Assert.False(coverage.Complete);
        Assert.NotEmpty(coverage.Missing);
        Assert.Equal(await fleet.WholeAsync(ByHost), rows);
        (rows, coverage) = await fleet.AskAsync(ByHost, r => r with { Consistency = Consistency.One });
        Assert.False(coverage.Complete);
        Assert.Equal(await fleet.WholeAsync(ByHost), rows);
    }

    [Fact]
    public async Task A_restarted_node_is_asked_anew()
    {
        using Fleet fleet = new(nodes: 3, replicas: 3);
        fleet.ShipDays(edges: 4, days: 2, pointsADay: 5);
        await fleet.AskAsync(ByHost);
        fleet.Node("n1").Instance = Guid.Parse("00000000-0000-0000-0000-0000000000bb");
        fleet.Ship("e1", Fleet.Points(1, 0, 70, 5));
        (string rows, _) = await fleet.AskAsync(ByHost);
        Assert.Equal(await fleet.WholeAsync(ByHost), rows);
    }

    [Fact]
    public async Task Types_come_from_the_whole_catalog_and_not_from_what_is_pruned()
    {
        using Fleet fleet = new(nodes: 3, replicas: 2);
        fleet.ShipDays(edges: 3, days: 2, pointsADay: 5);
        (string rows, _) =
            await fleet.AskAsync("SELECT typeof(v), typeof(n) FROM weather WHERE edge = 'e1' LIMIT 1");
        Assert.Equal("DOUBLE|BIGINT", rows);
    }

    [Theory]
    [InlineData("SELECT * FROM nothing", ErrorKind.NotFound)]
    [InlineData("SELECT * FROM nowhere.weather", ErrorKind.NotFound)]
    [InlineData("SELECT nothing FROM weather", ErrorKind.Invalid)]
    [InlineData("EXPLAIN SELECT * FROM nothing", ErrorKind.NotFound)]
    [InlineData("EXPLAIN SELECT nothing FROM weather", ErrorKind.Invalid)]
    [InlineData("EXPLAIN SELECT host, avg(v) FROM weather WHERE nothing > 1 GROUP BY host",
        ErrorKind.Invalid)]
    [InlineData("EXPLAIN SELECT nothing FROM information_schema.tables", ErrorKind.Invalid)]
    [InlineData("EXPLAIN ANALYZE SELECT nothing FROM weather", ErrorKind.Invalid)]
    [InlineData("INSERT INTO weather VALUES (1)", ErrorKind.Invalid)]
    [InlineData("SELECT * FROM read_csv('/etc/passwd')", ErrorKind.Invalid)]
    [InlineData("SELECT 1; SELECT 2", ErrorKind.Invalid)]
    public async Task What_cannot_be_answered_says_why(string sql, ErrorKind kind)
    {
        using Fleet fleet = new(nodes: 2, replicas: 1);
        fleet.ShipDays(edges: 1, days: 1, pointsADay: 3);
        Assert.Equal(kind, (await Assert.ThrowsAsync<TsDbException>(() => fleet.AskAsync(sql))).Kind);
    }

    [Fact]
    public async Task Explain_tells_what_runs_where_and_analyze_what_it_took()
    {
        using Fleet fleet = new(nodes: 3, replicas: 1);
        fleet.ShipDays(edges: 4, days: 3, pointsADay: 50);
        const string Sql = "SELECT host, avg(v) FROM weather WHERE edge <> 'e9' GROUP BY host";
        string[] plan = (await fleet.AskAsync($"EXPLAIN {Sql}")).Rows.Split('\n');
        Assert.Equal(4, plan.Length);
        Assert.All(plan[..3], line => Assert.Contains("|partial states of db.weather|3 of 5 columns", line));
        Assert.Equal(12, plan[..3].Sum(line => int.Parse(line.Split('|')[3], CultureInfo.InvariantCulture)));
        Assert.Contains("|null|null|null|", plan[0], StringComparison.Ordinal);
        string[][] run = [.. (await fleet.AskAsync($"explain analyze {Sql}")).Rows.Split('\n')
            .Select(line => line.Split('|'))];
        Assert.Equal(["n1", "n2", "n3", "n1"], run.Select(line => line[0]));
        Assert.All(run, line => Assert.True(
            long.Parse(line[4], CultureInfo.InvariantCulture) is > 0 and <= 3));
        Assert.All(run, line => Assert.NotEqual("null", line[6]));
        string[] gathered = (await fleet.AskAsync("EXPLAIN SELECT v FROM weather WHERE v > 7")).Rows.Split(
            '\n');
        Assert.Contains("|rows of db.weather|1 of 5 columns (v)|", gathered[0], StringComparison.Ordinal);
        Assert.Contains("v > 7", gathered[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SELECT * FROM weather, range(1000000000000)")]
    [InlineData("SELECT time_bucket_gapfill(INTERVAL '1 hour', time) AS t, locf(max(v)) FROM weather "
        + "WHERE time < '2016-01-02' GROUP BY t")]
    [InlineData("WITH w AS (SELECT *, moving_avg(v, 2) AS m FROM weather) SELECT host, rate(v, time), v, v "
        + "FROM w GROUP BY ALL ORDER BY host LIMIT 3")]
    [InlineData("SELECT last(v), rate(v) FROM weather")]
    [InlineData("SELECT * FROM latest_by(weather)")]
    [InlineData("SELECT host, v FROM weather UNION ALL (SELECT host, n FROM weather ORDER BY 1)")]
    [InlineData("SELECT table_name FROM information_schema.columns WHERE column_role = 'tag'")]
    [InlineData("SHOW COLUMNS FROM weather")]
    [InlineData("SUMMARIZE weather")]
    [InlineData("SELECT 1")]
    public async Task What_is_right_is_explained_without_a_run(string sql)
    {
        using Fleet fleet = new(nodes: 2, replicas: 1);
        fleet.ShipDays(edges: 1, days: 1, pointsADay: 3);
        string rows = (await fleet.AskAsync($"EXPLAIN {sql}")).Rows;
        Assert.Contains("n1|answer|", rows, StringComparison.Ordinal);
        Assert.Equal(0, fleet.Fragments);
    }

    [Fact]
    public async Task Before_the_founding_nothing_is_answered()
    {
        using Fleet fleet = new(nodes: 1, replicas: 1) { Current = null };
        Assert.Equal(
            ErrorKind.Unavailable,
            (await Assert.ThrowsAsync<TsDbException>(() => fleet.AskAsync("SELECT 1"))).Kind);
    }
}
