using System.Globalization;
using TsDb.Model;
using TsDb.Query;

namespace TsDb.Tests.Query;

public sealed class ScopeTests
{
    private const string Times = """
        SELECT make_timestamp_ns(1451606400000000000 + (i - 300) * 977777777777) AS time, 'e'
            || (i % 3) AS edge,
          NULL AS host, NULL AS rack, NULL::DOUBLE AS f, i AS i, NULL::UBIGINT AS u, NULL::HUGEINT AS wide,
          NULL::BOOLEAN AS b, NULL AS s FROM range(600) r(i)
        """;

    public static TheoryData<string, bool> Conditions => new()
    {
        { "time >= '2016-01-01'", true },
        { "time > TIMESTAMP '2016-01-01 00:00:05.1234567' AND time < DATE '2016-01-02'", true },
        { "time = '2016-01-01T00:00:00Z'", true },
        { "'2016-01-01 12:00:00+02:00' <= time", true },
        { "time BETWEEN '2015-12-31' AND TIMESTAMP_NS '2016-01-01 01:02:03.000000004'", true },
        { "time NOT BETWEEN '2015-12-31' AND '2016-01-01'", false },
        { "time IN ('2016-01-01', TIMESTAMP '2015-12-31')", true },
        { "time < TIMESTAMP '2016-01-01' + INTERVAL '90 minutes' AND time > TIMESTAMP '2016-01-01' - "
            + "INTERVAL 2 hours",
            true },
        { "time < '2016-01-01'::TIMESTAMP - INTERVAL (3) DAY", true },
        { "time < make_timestamp_ns(1451606400000000000)", true },
        { "time >= '2016-01-01' OR i < 5", false },
        { "NOT (time < '2016-01-01')", true },
        { "NOT (time < '2016-01-01' AND i > 3)", false },
        { "time >= CASE WHEN i > 300 THEN DATE '2016-01-02' ELSE DATE '2015-12-01' END", false },
        { "time::DATE = '2016-01-01'", false },
        { "time > '2016-01-01' AND (i > 3 AND (time <= '2016-01-03' AND edge = 'e1'))", true },
        { "time >= DATE '2016-01-01' AND edge IN ('e0', 'e2')", true },
        { "time >= TIMESTAMP '2016-01-02' + INTERVAL '1 month'", false },
        { "time < 'infinity'", false },
        { "cpu.time >= TIMESTAMP_S '2016-01-01 00:00:00'", false },
        { "time < TIMESTAMP_NS '2016-01-01 00:00:00.9'::DATE", true },
        { "time > DATE '2016-01-01' + INTERVAL 1 DAY", true },
    };

    [Theory]
    [MemberData(nameof(Conditions))]
    public void A_scope_holds_every_row_that_meets_the_condition(string condition, bool prunes)
    {
        using Partitions engine = new();
        engine.Load(Times, 2, "i");
        string sql = $"SELECT count(*), min(time), max(time) FROM cpu WHERE {condition}";
        ScanScope scope = engine.Plan(sql).Fragments[0].Scope;
        Assert.Equal(prunes, scope.Range != TimeRange.All);
        List<object?[]> met = engine.Plain(
            $"SELECT epoch_ns(time), edge FROM all_rows AS cpu WHERE {condition}", out _);
        Assert.All(met, row => Assert.True(
            scope.Range.Contains((long)row[0]!)
                && (scope.Edges is null || scope.Edges.Contains(new EdgeId((string)row[1]!))),
            string.Create(CultureInfo.InvariantCulture, $"{row[0]} {row[1]} is outside {scope}")));
    }

    [Theory]
    [InlineData("SELECT host FROM cpu WHERE edge = 'e1'", "e1")]
    [InlineData("SELECT count(*) FROM cpu WHERE 'e1' = edge AND edge IN ('e1', 'e2')", "e1")]
    [InlineData("SELECT count(*) FROM cpu WHERE edge IN ('e2', 'e1', 'not a name')", "e1,e2")]
    [InlineData("SELECT count(*) FROM cpu WHERE edge IN ('e2', host)", null)]
    [InlineData("SELECT count(*) FROM cpu WHERE edge = 'e1' OR edge = 'e2'", null)]
    [InlineData("SELECT count(*) FROM cpu WHERE edge <> 'e1'", null)]
    [InlineData("SELECT count(*) FROM cpu a, cpu b WHERE a.edge = 'e1'", "e1")]
    [InlineData("SELECT count(*) FROM cpu a, cpu b WHERE edge = 'e1'", null)]
    [InlineData("SELECT count(*) FROM cpu a FULL JOIN cpu b ON a.i = b.i WHERE a.edge = 'e1'", null)]
    [InlineData("SELECT count(*) FROM (SELECT * FROM cpu WHERE edge = 'e1') WHERE edge = 'e2'", "")]
    [InlineData("SELECT count(*) FROM (SELECT * FROM cpu WHERE edge = 'e1' LIMIT 9) WHERE edge = 'e2'", "e1")]
    [InlineData("SELECT (SELECT count(*) FROM cpu WHERE edge = 'e1')", "e1")]
    public void Edges_prune_only_where_they_are_certain(string sql, string? edges)
    {
        using Partitions engine = new();
        engine.Load(Times, 2, "i");
        IReadOnlySet<EdgeId>? found = engine.Plan(sql).Fragments[0].Scope.Edges;
        Assert.Equal(edges, found is null ? null : string.Join(',', found));
    }
}
