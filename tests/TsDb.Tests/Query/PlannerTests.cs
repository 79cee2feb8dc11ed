using System.Globalization;
using System.Numerics;
using CsCheck;
using TsDb.Model;
using TsDb.Query.Planning;

namespace TsDb.Tests.Query;

public sealed class PlannerTests
{
    private const int ScaleBits = 400;

    private const string Rows = """
        SELECT make_timestamp_ns(1451606400000000000 + (i % 700) * 60000000000 + 7) AS time, 'e'
            || (i % 3) AS edge,
          CASE WHEN i % 7 = 0 THEN NULL ELSE 'h' || (i % 4) END AS host, 'r' || (i % 2) AS rack,
          CASE WHEN i % 11 = 0 THEN NULL ELSE (hash(i) % 1000000) / 7.0 - 50000 END::DOUBLE AS f,
          CASE WHEN i % 13 = 0 THEN NULL ELSE (hash(i + 1) % 1000)::BIGINT - 300 END AS i,
          (hash(i + 2) % 5)::UBIGINT
              + 18446744073709551600 AS u, (hash(i + 3) % 9)::HUGEINT AS wide, i % 3 = 0 AS b,
          's' || (hash(i + 4) % 20) AS s FROM range(2000) r(i)
        """;

    public static TheoryData<string> Split => new(
        "SELECT count(*) FROM cpu GROUP BY ROLLUP (host, rack) ORDER BY 1",
        "SELECT host, corr(f, i), covar_pop(f, i), covar_samp(i, f), regr_slope(f, i), regr_r2(f, i), "
            + "regr_intercept(i, f), regr_count(f, i), regr_sxx(f, i), regr_avgx(f, i), sem(f) "
            + "FROM cpu GROUP BY host ORDER BY host",
        "SELECT corr(f, i) FILTER (WHERE b), regr_syy(f, i) FILTER (WHERE i > 5000) FROM cpu",
        "SELECT host, rack, sum(i), stddev(f), count(DISTINCT s), grouping(host), grouping(host, rack) "
            + "FROM cpu GROUP BY ROLLUP (host, rack) ORDER BY ALL",
        "SELECT host, rack, edge, count(*) FROM cpu GROUP BY CUBE (host, rack), edge ORDER BY ALL",
        "SELECT host, rack, first(i), var_pop(i) FROM cpu GROUP BY GROUPING SETS ((host), (rack), (), ()) "
            + "ORDER BY ALL",
        "SELECT host, count(*) FROM cpu WHERE i > 100000 GROUP BY ROLLUP (host) ORDER BY ALL",
        "SELECT count(*), sum(DISTINCT i), avg(DISTINCT i), count(DISTINCT i) FILTER (WHERE b) FROM cpu",
        "SELECT host, kurtosis(f), mad(i), entropy(s), quantile_disc(i, [0.1, 0.5]) FROM cpu GROUP BY "
            + "host ORDER BY host",
        "SELECT host, median(f) FROM cpu GROUP BY host HAVING median(f) > 0 ORDER BY host",
        "SELECT count(DISTINCT wide), median(wide), max(wide) FROM cpu",
        "SELECT rack, host, max(i) FROM cpu GROUP BY host, rack ORDER BY host DESC NULLS LAST LIMIT 3",
        "SELECT time_bucket(INTERVAL '1 hour', time) t, avg(f) FROM cpu GROUP BY t ORDER BY t DESC LIMIT "
            + "2 OFFSET 1",
        "SELECT host, sum(i) FROM cpu GROUP BY host UNION ALL SELECT rack, sum(i) FROM cpu GROUP BY rack "
            + "ORDER BY ALL",
        "SELECT a.host, a.s, b.n FROM (SELECT host, sum(i) s FROM cpu GROUP BY host) a "
            + "JOIN (SELECT host, count(*) n FROM cpu WHERE b GROUP BY host) b USING (host) ORDER BY 1",
        "SELECT max(c) FROM (SELECT count(*) AS c FROM cpu GROUP BY host, rack)",
        "SELECT count(*) FROM cpu GROUP BY ()",
        "SELECT string_agg(s, ',' ORDER BY s, time) FROM cpu WHERE host = 'h1' AND time < '2016-01-01 00:30'",
        "SELECT host, last(f), count(DISTINCT rack) FROM cpu GROUP BY host ORDER BY host",
        "SELECT first(i), median(i) FROM cpu",
        "SELECT sum(wide), wide FROM cpu GROUP BY wide HAVING count(DISTINCT i) > 1 ORDER BY wide",
        "WITH a AS (SELECT host, sum(i) s FROM cpu GROUP BY host) SELECT max(s), min(s) FROM a",
        "SELECT count(*) FROM (SELECT host, avg(f) FROM cpu GROUP BY host)",
        "SELECT host, count(DISTINCT s) FROM cpu GROUP BY host ORDER BY host",
        "SELECT median(i), quantile_cont(f, 0.9), count(DISTINCT host), mode(b) FROM cpu",
        "SELECT count(*) FROM cpu",
        "SELECT count(*), count(f), sum(i), sum(f), min(i), max(f), avg(i), avg(f), min(s), max(u) FROM cpu",
        "SELECT sum(u), sum(wide), avg(u), min(wide), max(wide), sum(b), count_if(b), count_if(i > 0) "
            + "FROM cpu",
        "SELECT host, sum(i) AS total FROM cpu GROUP BY host ORDER BY total DESC, host",
        "SELECT time_bucket(INTERVAL '1 hour', time) AS t, host, avg(f) FROM cpu GROUP BY ALL ORDER BY ALL",
        "SELECT date_trunc('hour', time) AS time, max(i) m FROM cpu GROUP BY 1 ORDER BY time LIMIT 3 "
            + "OFFSET 2",
        "SELECT host, count(*) FROM cpu GROUP BY host HAVING count(*) > 200 ORDER BY 2 DESC, 1 NULLS FIRST",
        "SELECT host, edge, sum(i) + 1, sum(i) / count(i), max(f) - min(f) FROM cpu GROUP BY 1, 2 ORDER "
            + "BY 1, 2",
        "SELECT upper(host), sum(i * 2 + 1) FROM cpu WHERE i > 0 AND host LIKE 'h%' GROUP BY upper(host) "
            + "ORDER BY 1",
        "SELECT sum(i) FILTER (WHERE b), count(*) FILTER (WHERE host = 'h1' OR i < 0) FROM cpu",
        "SELECT CASE WHEN i > 0 THEN 'plus' ELSE 'minus' END AS sign, count(*) c FROM cpu GROUP BY sign "
            + "ORDER BY c, 1",
        "SELECT host, CASE WHEN sum(i) > 100 THEN 'much' END AS k FROM cpu GROUP BY host ORDER BY host",
        "SELECT first(f), last(f), first(i), last(host), first(s) FROM cpu",
        "SELECT host, first(i), last(i), arg_max(s, i), arg_min(s, f), arg_max(i, time) FROM cpu "
            + "GROUP BY host ORDER BY host",
        "SELECT time_bucket(INTERVAL '3 hours', time) t, last(f) FILTER (WHERE b), sum(i), stddev(f) FROM "
            + "cpu "
            + "GROUP BY t ORDER BY 1",
        "SELECT var_samp(f), var_pop(i), stddev(i), stddev_pop(f), variance(u) FROM cpu",
        "SELECT host, stddev(f), var_pop(f) FROM cpu GROUP BY host ORDER BY host",
        "SELECT bool_and(b), bool_or(b), bit_and(i), bit_or(i), bit_xor(i) FROM cpu",
        "SELECT host, sum(i) FROM cpu WHERE false GROUP BY host",
        "SELECT count(*), sum(i), min(f), avg(i), first(i), stddev(f) FROM cpu WHERE i > 1000000",
        "SELECT DISTINCT host, rack FROM cpu ORDER BY host, rack",
        "SELECT DISTINCT rack FROM cpu WHERE host = 'h1'",
        "SELECT count(*) FROM cpu WHERE time >= '2016-01-01T03:00:00Z' AND time < TIMESTAMP '2016-01-01 "
            + "05:00:00'",
        "SELECT count(*) FROM cpu WHERE time BETWEEN '2016-01-01 03:00' AND '2016-01-01 04:00' AND edge = "
            + "'e1'",
        "SELECT edge, count(*) FROM cpu WHERE edge IN ('e1', 'e2', 'no such') GROUP BY edge ORDER BY edge",
        "SELECT count(*) AS c, c + 1 AS d, sum(i) AS s FROM cpu HAVING c > 1",
        "SELECT c.host, sum(C.I) FROM cpu AS c GROUP BY c.host ORDER BY c.host",
        "SELECT db.cpu.host, max(db.cpu.i) FROM db.cpu GROUP BY db.cpu.host ORDER BY 1",
        "SELECT host, sum(i) AS s, sum(sum(i)) OVER () AS all_of_them FROM cpu GROUP BY host ORDER BY host",
        "SELECT host, sum(i) AS total FROM cpu GROUP BY host QUALIFY row_number() OVER (ORDER BY total) < 3 "
            + "ORDER BY total",
        "SELECT sum(i)::DOUBLE / 3, CAST(avg(i) AS DECIMAL(18,3)), -max(i), round(avg(f), 6) FROM cpu",
        "SELECT i % 5, count(*) FROM cpu WHERE i IS NOT NULL GROUP BY i % 5 ORDER BY i % 5",
        "SELECT b, wide, count(*) FROM cpu GROUP BY b, wide ORDER BY b, wide",
        "SELECT max(time), min(time), max(time) - min(time) FROM cpu",
        "SELECT 'x' AS c, count(*) FROM cpu GROUP BY c",
        "SELECT host h, sum(i) FROM cpu WHERE h = 'h1' GROUP BY h",
        "SELECT sum(1.5), sum(i::DECIMAL(18,2)), avg(i::DECIMAL(18,2)) FROM cpu");

    public static TheoryData<string> Gathered => new(
        "SELECT * FROM cpu ORDER BY time, edge, host, rack, s, i, f LIMIT 7",
        "SELECT host, i FROM cpu WHERE edge = 'e1' AND i > 600 ORDER BY i DESC, host, time LIMIT 5 OFFSET 3",
        "SELECT a.host, count(*) FROM cpu a JOIN cpu b ON a.time = b.time AND a.edge = b.edge "
            + "WHERE a.i > 600 AND b.host = 'h2' GROUP BY a.host ORDER BY 1",
        "SELECT a.host, count(b.host) FROM cpu a LEFT JOIN cpu b ON a.time = b.time AND a.s = b.s AND b.i "
            + "< 0 "
            + "WHERE a.i > 500 GROUP BY a.host ORDER BY 1",
        "SELECT count(*) FROM cpu a LEFT JOIN (SELECT * FROM cpu WHERE i > 600) b ON a.time = b.time "
            + "WHERE b.host IS NULL",
        "SELECT host, i, row_number() OVER (PARTITION BY host ORDER BY i, time, edge, s) n FROM cpu "
            + "QUALIFY n = 1 ORDER BY host",
        "SELECT i FROM cpu WHERE i > (SELECT avg(i) FROM cpu) ORDER BY i LIMIT 3",
        "SELECT host FROM cpu WHERE i = 5 UNION SELECT rack FROM cpu ORDER BY 1",
        "SELECT host, i % 2 AS i, count(*) FROM cpu GROUP BY host, cpu.i % 2 HAVING i = 1 ORDER BY 1, 2, 3",
        "SELECT EXISTS (SELECT 1 FROM cpu WHERE i = 699) AS any_such, 1 AS one",
        "SELECT cpu FROM cpu ORDER BY time, edge, host, rack, s LIMIT 1",
        "SELECT COLUMNS('^(host|i)$') FROM cpu ORDER BY ALL LIMIT 4",
        "FROM cpu SELECT rack, host ORDER BY ALL LIMIT 4",
        "SELECT 1");

    [Theory]
    [MemberData(nameof(Split))]
    public void Aggregates_over_parts_equal_the_answer_over_all(string sql) => Compare(sql, isSplit: true);

    [Theory]
    [MemberData(nameof(Gathered))]
    public void Any_other_select_gathers_and_answers_the_same(string sql) => Compare(sql, isSplit: false);

    [Fact]
    public void Column_names_are_those_of_the_engine()
    {
        using Partitions parts = new();
        parts.Load(Rows, 2, "hash(i)");
        const string Sql =
            "SELECT count(*), sum(i)::HUGEINT, first(I), cpu.HOST, CAST(max(i) AS DECIMAL(18,1)), -sum(f)"
            + " FROM cpu GROUP BY host";
        parts.Plain(Sql, out string[] expected);
        parts.Split(Sql, 2, out string[] names, out DistributedPlan plan);
        Assert.False(plan.MovesRows);
        Assert.Equal(expected, names);
        parts.Whole(Sql, out names);
        Assert.Equal(expected, names);
    }

    [Fact]
    public void Any_split_of_any_rows_gives_the_same_answer()
    {
        using Partitions parts = new();
        string[] queries =
        [
            "SELECT host, count(*), sum(i), min(f), max(f), sum(f), avg(f), avg(i) FROM cpu GROUP BY host "
                + "ORDER BY host",
            "SELECT rack, first(i), last(f), arg_max(i, f), arg_min(host, i), count(f) FROM cpu GROUP BY "
                + "ALL ORDER BY 1",
            "SELECT stddev(f), var_pop(i), sum(f) FILTER (WHERE b), count_if(b), bit_xor(i) FROM cpu",
        ];
        Gen.Select(Gen.Int[0, 300], Gen.Int[1, 6], Gen.Int[0, 1_000_000],
            Gen.Int[0, queries.Length - 1]).Sample(
            (rows, count, seed, query) =>
            {
                parts.Load(RandomRows(rows, seed), count, string.Create(
                    CultureInfo.InvariantCulture, $"hash(time, edge, host, {seed})"));
                List<object?[]> whole = parts.Whole(queries[query], out _);
                List<object?[]> split = parts.Split(queries[query], count, out _, out _);
                AssertSame(whole, split, queries[query]);
            },
            iter: 60,
            threads: 1);
    }

    [Fact]
    public void Sums_of_doubles_stay_within_the_promised_bound()
    {
        using Partitions parts = new();
        Gen.Select(Gen.Int[1, 300], Gen.Int[1, 6], Gen.Int[0, 1_000_000]).Sample(
            (rows, count, seed) =>
            {
                parts.Load(RandomRows(rows, seed), count, string.Create(
                    CultureInfo.InvariantCulture, $"hash(time, edge, {seed})"));
                double[] values = [.. parts.Read("SELECT f FROM all_rows WHERE f IS NOT NULL", out _)
                    .Select(row => (double)row[0]!)];
                if (values.Length == 0) return;
                object?[] answer = parts.Split("SELECT sum(f), avg(f) FROM cpu", count, out _, out _)[0];
                BigInteger exact = values.Aggregate(BigInteger.Zero, (sum, value) => sum + Scaled(value));
                double bound = values.Length * Math.Pow(2, -53) * values.Sum(Math.Abs);
                double error = (double)(Scaled((double)answer[0]!) - exact) * Math.Pow(2, -ScaleBits);
                Assert.InRange(Math.Abs(error), 0, bound);
                Assert.Equal((double)answer[0]! / values.Length, (double)answer[1]!);
            },
            iter: 30,
            threads: 1);
    }

    [Fact]
    public void A_query_of_the_last_hour_is_the_same_moment_everywhere_and_prunes()
    {
        using Partitions parts = new();
        DistributedPlan plan = parts.Plan("SELECT count(*) FROM cpu WHERE time > now() - INTERVAL '1 hour'");
        long start = plan.Fragments[0].Scope.Range.StartNanoseconds;
        long hourAgo = TimeProvider.System.GetUtcNow().AddHours(-1).ToUnixTimeMilliseconds() * 1_000_000;
        Assert.InRange(start, hourAgo - 60_000_000_000, hourAgo + 60_000_000_000);
        Assert.DoesNotContain("now()", plan.Fragments[0].Sql, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SELECT nope FROM cpu")]
    [InlineData("SELECT sum(nope) FROM cpu")]
    [InlineData("SELECT host, sum(i) FROM cpu GROUP BY rack")]
    [InlineData("SELECT sum(s) FROM cpu")]
    public void What_cannot_be_right_is_refused(string sql)
    {
        using Partitions parts = new();
        parts.Load(Rows, 2, "i");
        TsDbException refused = Assert.Throws<TsDbException>(() => parts.Split(sql, 2, out _, out _));
        Assert.Equal(ErrorKind.Invalid, refused.Kind);
    }

    [Fact]
    public void A_limit_travels_to_the_nodes_and_needless_columns_do_not()
    {
        using Partitions parts = new();
        DistributedPlan plan =
            parts.Plan("SELECT host FROM cpu WHERE i > 3 ORDER BY time DESC LIMIT 5 OFFSET 2");
        PlannedFragment fragment = Assert.Single(plan.Fragments);
        Assert.Contains("LIMIT 7", fragment.Sql, StringComparison.Ordinal);
        Assert.Equal(["host", "i", "time"], fragment.Scope.Columns!);
    }

    // Exact: every value of the test is a whole multiple of 2^-ScaleBits.
    private static BigInteger Scaled(double value)
    {
        if (value == 0) return BigInteger.Zero;
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)((bits >> 52) & 0x7FF);
        long mantissa = (bits & 0xF_FFFF_FFFF_FFFF) | (exponent == 0 ? 0 : 1L << 52);
        int shift = Math.Max(exponent, 1) - 1075 + ScaleBits;
        Assert.True(shift >= 0);
        BigInteger scaled = new BigInteger(mantissa) << shift;
        return bits < 0 ? -scaled : scaled;
    }

    private static string RandomRows(int rows, int seed) => string.Create(CultureInfo.InvariantCulture, $"""
        SELECT make_timestamp_ns(1451606400000000000 + (hash(k, {seed}) % 40)::BIGINT * 1000000000) AS time,
          'e' || (hash(k, {seed}, 1) % 3) AS edge,
          CASE WHEN hash(k, {seed}, 2) % 4 = 0 THEN NULL ELSE 'h' || (hash(k, {seed}, 2) % 4) END AS host,
          'r' || (hash(k, {seed}, 3) % 2) AS rack,
          CASE WHEN hash(k, {seed}, 4) % 5 = 0 THEN NULL
            ELSE (hash(k, {seed}, 5) % 2000 - 1000.0) * pow(10, hash(k, {seed}, 6) % 20 - 10.0) END AS f,
          CASE WHEN hash(k, {seed}, 7) % 5 = 0 THEN NULL ELSE (hash(k, {seed}, 8) % 7)::BIGINT - 3 END AS i,
          0::UBIGINT AS u, 0::HUGEINT AS wide, hash(k, {seed}, 9) % 2 = 0 AS b, '' AS s
        FROM range({rows}) r(k)
        QUALIFY row_number() OVER (PARTITION BY time, edge, host, rack) = 1
        """);

    private static void Compare(string sql, bool isSplit)
    {
        using Partitions parts = new();
        parts.Load(Rows, 3, "hash(i, time)");
        List<object?[]> whole = parts.Whole(sql, out string[] expectedNames);
        List<object?[]> split = parts.Split(sql, 3, out string[] names, out DistributedPlan plan);
        Assert.Equal(!isSplit && plan.Fragments.Length > 0, plan.MovesRows);
        Assert.Equal(expectedNames, names);
        AssertSame(whole, split, sql);
        if (sql.Contains("db.", StringComparison.Ordinal) || sql.Contains("first(", StringComparison.Ordinal)
            || sql.Contains("last(", StringComparison.Ordinal)
                || sql.Contains("arg_", StringComparison.Ordinal)) return;
        AssertSame(parts.Plain(sql, out expectedNames), split, sql);
        Assert.Equal(expectedNames, names);
    }

    private static void AssertSame(List<object?[]> expected, List<object?[]> actual, string sql)
    {
        Assert.True(expected.Count == actual.Count, $"{expected.Count} rows, {actual.Count} of parts: {sql}");
        for (int row = 0; row < expected.Count; row++)
        {
            for (int i = 0; i < expected[row].Length; i++)
            {
                (object? one, object? many) = (expected[row][i], actual[row][i]);
                Assert.True(
                    AreSame(one, many),
                    string.Create(CultureInfo.InvariantCulture,
                        $"row {row} column {i}: {one}, of parts {many}: {sql}"));
            }
        }
    }

    // Sums of doubles are compensated on both sides; what rests is the rounding of each part.
    private static bool AreSame(object? one, object? many) => (one, many) switch
    {
        (double a, double b) => a.Equals(b) || Math.Abs(a - b) <= 1e-9 * Math.Max(Math.Abs(a), Math.Abs(b)),
        (IDictionary<string, object?> a, IDictionary<string, object?> b) =>
            a.Count == b.Count && a.All(pair => AreSame(pair.Value, b[pair.Key])),
        (System.Collections.IList a, System.Collections.IList b) =>
            a.Count == b.Count && Enumerable.Range(0, a.Count).All(i => AreSame(a[i], b[i])),
        (BigInteger or long or decimal, _) => one.Equals(many),
        _ => Equals(one, many),
    };
}
