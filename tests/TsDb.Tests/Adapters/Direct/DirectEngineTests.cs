using System.Globalization;
using System.Runtime.CompilerServices;
using Apache.Arrow;
using CsCheck;
using TsDb.Adapters.Direct;
using TsDb.Adapters.DuckDb;
using TsDb.Columnar;
using TsDb.Columnar.Vectors;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Direct;
using TsDb.Query.Ports;
using TsDb.Storage.Erasure;
using TsDb.Tests.Adapters.DuckDb;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Adapters.Direct;

/// <summary>The direct path gives the general engine's answers: random rows, random statements.</summary>
public sealed class DirectEngineTests : IDisposable
{
    private const long Start = 1_451_606_400_000_000_000; // 2016-01-01
    private const long Second = 1_000_000_000;

    // TSDB_TEST_DIRECT=1000 for a campaign.
    private static readonly long Rounds = long.TryParse(
        Environment.GetEnvironmentVariable("TSDB_TEST_DIRECT"), CultureInfo.InvariantCulture, out long rounds)
        ? rounds : 10;

    private static readonly string[] Numbers = ["f", "i", "dec"];

    private static readonly Gen<string> Moment = Gen.Int[-100, 4_000].Select(seconds =>
        DateTime.UnixEpoch.AddTicks(Start / 100).AddSeconds(seconds)
            .ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));

    private static readonly Gen<string> Filter = Gen.OneOf(
        Gen.Const("host IN ('a', 'b', 'nobody')"),
        Gen.Const("region = '日本'"),
        Gen.Const("\"ü\" = 'a'"),
        Gen.Const("edge = 'E1'"),
        Gen.Const("EDGE IN ('e.2', 'E9')"),
        Gen.Select(Gen.OneOf("<", "<=", ">", ">=", "="), Moment, (op, at) => $"time {op} TIMESTAMP '{at}'"),
        Gen.Select(Gen.OneOf("<", ">="), Moment, (op, at) => $"time {op} '{at.Replace(' ', 'T')}Z'"),
        Gen.Select(
            Gen.OneOf(Numbers), Gen.OneOf("<", "<=", ">", ">=", "="), Gen.Int[-5, 5],
            (field, op, value) => $"{field} {op} {value}"),
        Gen.Select(Gen.OneOf("f", "dec"), Gen.Double[-10, 10], (field, value) =>
            string.Create(CultureInfo.InvariantCulture, $"{field} > {value:0.00}")));

    private static readonly Gen<string> Where = Filter.Array[0, 3].Select(filters =>
        filters.Length == 0 ? "" : " WHERE " + string.Join(" AND ", filters));

    private static readonly Gen<string> Aggregate = Gen.OneOf(
        Gen.Const("count(*)"),
        Gen.OneOf("f", "i", "u", "b", "s", "dec").Select(field => $"count({field})"),
        Gen.Select(
            Gen.OneOf("sum", "min", "max", "avg"), Gen.OneOf(Numbers), (kind, field) => $"{kind}({field})"));

    private static readonly Gen<string> Key = Gen.OneOf(
        "date_trunc('minute', time)", "date_trunc('hour', time)", "time_bucket(INTERVAL '7 minutes', time)",
        "time_bucket(INTERVAL 90 SECONDS, time)", "host", "region", "edge", "\"ü\"");

    private static readonly Gen<string> Grouped = Gen.Select(
        Key.Array[0, 3], Aggregate.Array[1, 4], Where, Gen.Bool, Gen.Bool.Array[3],
        (keys, aggregates, where, byAll, areLast) =>
        {
            string[] distinct = [.. keys.DistinctBy(key => key.Contains('(') ? "bucket" : key)];
            var items = distinct.Select((key, i) => $"{key} AS k{i}").Concat(aggregates);
            string[] places = [.. distinct.Select((_, i) => byAll ? $"k{i}" : $"{i + 1}")];
            IEnumerable<string> order = places.Select((place, i) => areLast[i] ? $"{place} DESC" : place);
            if (places.Length > 0)
                where += $" GROUP BY {string.Join(", ", places)} ORDER BY {string.Join(", ", order)}";
            return $"SELECT {string.Join(", ", items)} FROM weather{where}";
        });

    private static readonly Gen<string> Ends = Gen.Select(Aggregate, Where, Gen.Int[0, 4], Gen.Bool,
        (aggregate, where, limit, isLast) =>
            $"SELECT date_trunc('minute', time) AS t, {aggregate} AS v FROM weather{where} "
            + $"GROUP BY t ORDER BY t{(isLast ? " DESC" : "")} LIMIT {limit}");

    private static readonly Gen<string> Raw = Gen.Select(Where, Gen.OneOf(
        "*", "time, host, f", "edge, s AS text, b, u, i", "dec, \"ü\", time"), (where, items) =>
            $"SELECT {items} FROM weather{where}");

    private static readonly Gen<string> Newest = Gen.Select(
        Where, Gen.OneOf("host", "edge, region"), (where, by) =>
        $"SELECT {by}, time FROM weather{where} "
            + $"QUALIFY row_number() OVER (PARTITION BY {by} ORDER BY time DESC) = 1");

    private static readonly Gen<string> Times = Gen.Select(
        Where, Gen.Bool, Gen.Int[0, 9], (where, isLast, limit) =>
        $"SELECT time FROM weather{where} ORDER BY time{(isLast ? " DESC" : "")} LIMIT {limit}");

    private readonly EngineFixture _db = new();

    public void Dispose() => _db.Dispose();

    // A tag that is nowhere, a value that is nowhere, no condition, the end of all times.
    private static readonly Gen<Erasures> Erased = Gen.Select(
        Gen.OneOf(
            Gen.Const("host IN (a, b, nobody)"), Gen.Const("region = '日本'"), Gen.Const("\"ü\" = a"),
            Gen.Const("host = a, region = ''''"), Gen.Const("nowhere = a"), Gen.Const("")),
        Gen.OneOf(Gen.Int[-100, 4_000].Select(s => Start + s * Second), Gen.Const(long.MaxValue)))
        .Array[1, 3].Select(all => all.Aggregate(Erasures.None, (erasures, one) => erasures.With(
            ModelBatches.Table, WhereText.Parse(one.Item1), one.Item2)));

    [Fact]
    public void Erased_points_are_in_no_answer()
    {
        (int hidden, int direct, int all) = (0, 0, 0);
        DirectEngine engine = new(_db.Engine, new SegmentCache(1 << 20, SegmentRows.Open));
        Gen<(ModelPoint[] One, ModelPoint[] Two, ModelPoint[] Other, ModelPoint[] Hot)> rows = Gen.Select(
            Points(0, 1_800), Points(1_200, 3_600), Points(0, 3_600), Points(1_700, 3_600));
        Gen<string> statements = Gen.OneOf(Grouped, Grouped, Ends, Raw, Newest, Times);
        Gen.Select(rows, Erased, statements.Array[8], Gen.Bool).Sample(
            (points, erasures, sql, hasHot) =>
            {
                PointMask mask = PointMask.Of(erasures, ModelBatches.Table, erasures.Number);
                Relation.Points whole = EngineFixture.Points(Snapshot(points, hasHot), mask: mask);
                ModelPoint[] Left(ModelPoint[] of)
                {
                    ModelPoint[] left = [.. of.Where(point => !IsErased(erasures, point))];
                    hidden += of.Length - left.Length;
                    return left;
                }

                var rest = (Left(points.One), Left(points.Two), Left(points.Other), Left(points.Hot));
                Relation.Points less =
                    whole with { Snapshot = Snapshot(rest, hasHot), Mask = PointMask.None };
                foreach (string statement in sql)
                {
                    all++;
                    if (Compare(engine, whole, statement)) direct++;
                    Equal(statement, Answer(less, statement), Answer(whole, statement));
                }
            },
            iter: Rounds, threads: 1);
        Assert.True(hidden > 0);
        Assert.True(direct > all * 3 / 4, $"{direct} of {all} statements went the direct way");
    }

    [Fact]
    public void Answers_are_those_of_the_general_engine()
    {
        (int direct, int all) = (0, 0);
        DirectEngine engine = new(_db.Engine, new SegmentCache(1 << 20, SegmentRows.Open));
        Gen<(ModelPoint[] One, ModelPoint[] Two, ModelPoint[] Other, ModelPoint[] Hot)> rows = Gen.Select(
            Points(0, 1_800), Points(1_200, 3_600), Points(0, 3_600), Points(1_700, 3_600));
        Gen<string> statements = Gen.OneOf(Grouped, Grouped, Ends, Raw, Newest, Times);
        Gen.Select(rows, statements.Array[8], Gen.Bool).Sample(
            (points, sql, hasHot) =>
            {
                Relation.Points relation = EngineFixture.Points(Snapshot(points, hasHot));
                foreach (string statement in sql)
                {
                    Interlocked.Increment(ref all);
                    if (Compare(engine, relation, statement)) Interlocked.Increment(ref direct);
                }
            },
            iter: Rounds, threads: 1);
        Assert.True(direct > all * 3 / 4, $"{direct} of {all} statements went the direct way");
    }

    [Theory]
    [InlineData("SELECT f FROM weather LIMIT 3 OFFSET 1")]
    [InlineData("SELECT f + 1 FROM weather")]
    [InlineData("SELECT DISTINCT host FROM weather")]
    [InlineData("SELECT host, f FROM weather GROUP BY host")]
    [InlineData("SELECT max(f) FROM weather WHERE host = 'a' OR f > 1")]
    [InlineData("SELECT max(f) FROM weather HAVING max(f) > 1")]
    [InlineData("SELECT max(time) FROM weather")]
    [InlineData("SELECT max(f) FROM weather -- a comment")]
    [InlineData("SELECT max(f) FROM weather, weather AS w")]
    [InlineData("SELECT max(f) FROM weather w")]
    [InlineData("SELECT host AS f, max(i) FROM weather GROUP BY f")]
    [InlineData("SELECT date_trunc('month', time) AS t, max(f) FROM weather GROUP BY t")]
    [InlineData("SELECT time FROM weather WHERE time > TIMESTAMP '2016-01-01 00:00:00.1234567'")]
    public void What_is_not_of_its_shapes_is_left_to_the_general_engine(string sql)
    {
        TableSnapshot snapshot = Snapshot(([Point(0), Point(1)], [Point(2)], [Point(0)], []), hasHot: false);
        DirectStatement? statement = DirectStatement.TryParse(sql);
        Assert.True(
            statement is null || DirectPlan.TryBind(statement, EngineFixture.Points(snapshot).Table) is null);
    }

    [Theory]
    [InlineData("SELECT * FROM weather WHERE f > 1000000")]
    [InlineData("SELECT time, host FROM weather ORDER BY time LIMIT 2")]
    [InlineData(
        "SELECT host, time FROM weather QUALIFY row_number() OVER (PARTITION BY host ORDER BY time DESC)"
        + " = 1")]
    [InlineData("SELECT host, count(*) AS n FROM weather GROUP BY host")]
    public async Task No_parts_are_no_rows(string sql)
    {
        TableSnapshot snapshot = Snapshot(([Point(0), Point(1)], [Point(2)], [Point(0)], []), hasHot: false);
        Relation.Points relation = EngineFixture.Points(snapshot);
        DirectEngine engine = new(_db.Engine, new SegmentCache(1 << 20, SegmentRows.Open));
        DirectStatement statement = DirectStatement.TryParse(sql)!;
        Schema schema = await engine.SchemaAsync(
            statement, relation.Table, new SqlLimits(), TestContext.Current.CancellationToken);
        IReadOnlyList<RecordBatch> merged = DirectSplit.TryPlan(statement, relation.Table)!.Merge(
            [], schema)!;
        Assert.Equal(0, merged.Sum(part => part.Length));
        Assert.All(merged, part => Assert.Equal(
            schema.FieldsList.Select(field => field.DataType.TypeId),
            part.Arrays.Select(array => array.Data.DataType.TypeId)));
    }

    [Fact]
    public void Shapes_differ_by_more_than_constants()
    {
        string Shape(string sql) => DirectStatement.TryParse(sql)!.Shape;
        Assert.Equal(
            Shape("SELECT max(f) FROM t WHERE h IN ('a') AND time > TIMESTAMP '2016-01-01' LIMIT 3"),
            Shape("SELECT max(f) FROM t WHERE h IN ('b', 'c') AND time > TIMESTAMP '2017-01-01' LIMIT 5"));
        Assert.NotEqual(Shape("SELECT f, i FROM t"), Shape("SELECT i, f FROM t"));
        Assert.NotEqual(
            Shape("SELECT date_trunc('day', time) AS t FROM w GROUP BY 1"),
            Shape("SELECT date_trunc('hour', time) AS t FROM w GROUP BY 1"));
    }

    private static ModelPoint Point(int second) => new(
        new Dictionary<string, string> { ["host"] = "a" }, Start + second * Second,
        new Dictionary<string, object> { ["f"] = 1.5, ["i"] = 7L });

    private static Gen<ModelPoint[]> Points(int from, int to) => Gen.OneOf(
        GenPoints.Point(Gen.Int[from / 10, to / 10].Select(ten => Start + ten * 10 * Second)),
        GenPoints.Point(Gen.Long[Start + from * Second, Start + to * Second])).Select(Summable).Array[1, 60];

    // Where 2^53 and its negative cancel, what is left of a sum depends on the order of its terms, by ones:
    // either engine is right then, and no bound on the sum says so.
    private static ModelPoint Summable(ModelPoint point) =>
        point.Fields.TryGetValue("f", out object? value) && value is < -1e15
            ? point with
            {
                Fields = new Dictionary<string, object>(point.Fields) { ["f"] = -(double)value },
            }
            : point;

    private bool Compare(DirectEngine engine, Relation.Points relation, string sql)
    {
        SqlRequest request = new() { Sql = sql, Relations = [relation] };
        ISqlResult? result = DirectStatement.TryParse(sql) is { } statement
            && DirectPlan.TryBind(statement, relation.Table) is { } plan
                ? engine.TryAsync(statement, plan, relation, request.Limits, CancellationToken.None).Result
                : null;
        if (result is null) return false;
        string[] direct = EngineFixture.ReadAsync(result).Result.Split('\n');
        string[]? merged = Merged(engine, relation, sql);
        ISqlResult general = _db.Engine.ExecuteAsync(request, CancellationToken.None).Result;
        string[] expected = EngineFixture.ReadAsync(general).Result.Split('\n');
        Assert.Equal(
            general.Schema.FieldsList.Select(field => $"{field.Name} {field.DataType.Name}"),
            result.Schema.FieldsList.Select(field => $"{field.Name} {field.DataType.Name}"));
        general.DisposeAsync().AsTask().Wait();
        bool isOrdered = sql.Contains("ORDER BY", StringComparison.Ordinal)
            && !sql.Contains("QUALIFY", StringComparison.Ordinal);
        if (!isOrdered)
        {
            System.Array.Sort(direct, StringComparer.Ordinal);
            if (merged is not null) System.Array.Sort(merged, StringComparer.Ordinal);
            System.Array.Sort(expected, StringComparer.Ordinal);
        }

        Equal(sql, expected, direct);
        if (merged is not null) Equal($"of two nodes: {sql}", expected, merged);
        return true;
    }

    // As the definition of a tombstone says it, by other means than the mask.
    private static bool IsErased(Erasures erasures, ModelPoint point) => erasures.Tombstones.Any(t =>
        point.Time < t.BeforeNanoseconds && t.Where.All(condition =>
            point.Tags.TryGetValue(condition.Tag, out string? value) && condition.Values.Contains(value)));

    // Rows that are equal in the order may come in any, so all are sorted.
    private string[] Answer(Relation.Points relation, string sql)
    {
        string[] rows = _db.AskAsync(sql, relation).Result.Split('\n');
        System.Array.Sort(rows, StringComparer.Ordinal);
        return rows;
    }

    private static void Equal(string sql, string[] expected, string[] found)
    {
        Assert.True(expected.Length == found.Length, $"{sql}: {expected.Length} rows, not {found.Length}");
        for (int i = 0; i < expected.Length; i++)
            Assert.True(IsSame(expected[i], found[i]), $"{sql}\nexpected {expected[i]}\nfound    {found[i]}");
    }

    // Each edge's rows on another node; one of them has the direct path, the other has not. Then the same
    // with texts as runs, from one of them and from both.
    private string[]? Merged(DirectEngine engine, Relation.Points relation, string sql)
    {
        string[]? plain = Merged([engine, _db.Engine], relation, sql, takesRuns: false);
        if (plain is null || !TakesRuns(sql, relation)) return plain;
        foreach (ISqlEngine other in (ISqlEngine[])[_db.Engine, engine])
        {
            string[] runs = Merged([engine, other], relation, sql, takesRuns: true)!;
            Equal(sql, [.. plain.Order()], [.. runs.Order()]);
        }

        return plain;
    }

    private static bool TakesRuns(string sql, Relation.Points relation) => DirectSplit
        .TryPlan(DirectStatement.TryParse(sql)!, relation.Table, takesRuns: true)!.Fragment.TextRuns;

    private static string[]? Merged(
        ISqlEngine[] engines, Relation.Points relation, string sql, bool takesRuns)
    {
        DirectStatement statement = DirectStatement.TryParse(sql)!;
        if (DirectSplit.TryPlan(statement, relation.Table, takesRuns) is not { } split) return null;
        TableSnapshot all = relation.Snapshot;
        SegmentRef[] others = [.. all.Segments.Where(segment => segment.Manifest.Cell.Edge.Value == "e.2")];
        TableSnapshot[] nodes =
        [
            all with { Segments = [.. all.Segments.Except(others)] },
                all with { Segments = others, Hot = null },
        ];
        List<RecordBatch> parts = [];
        foreach ((ISqlEngine node, TableSnapshot rows) in engines.Zip(nodes))
        {
            SqlRequest part = new()
            {
                Sql = split.Fragment.Sql,
                TextRuns = split.Fragment.TextRuns,
                ShortIntegers = split.Fragment.ShortIntegers,
                Relations =
                [
                    new Relation.Points(
                        split.Fragment.RelationName, relation.Table, rows, relation.Mask, ScanScope.All),
                ],
            };
            ISqlResult result = node.ExecuteAsync(part, CancellationToken.None).Result;
            parts.AddRange(result.ReadAsync(CancellationToken.None).ToBlockingEnumerable());
            result.DisposeAsync().AsTask().Wait();
        }

        Schema schema = ((DirectEngine)engines[0]).SchemaAsync(
            statement, relation.Table, new SqlLimits(), CancellationToken.None).Result;
        IReadOnlyList<RecordBatch> merged = split.Merge(parts, schema)
            ?? throw new InvalidOperationException($"{sql}: parts in a form that is not read");
        merged = [.. merged.Select(part => ShortIntegers.Widen(
            TextRuns.AreIn(part.Schema) ? TextRuns.Expand(part, schema) : part, schema))];
        return EngineFixture.ReadAsync(new Rows(schema, merged)).Result.Split('\n');
    }

    private sealed class Rows(Schema schema, IReadOnlyList<RecordBatch> batches) : ISqlResult
    {
        public Schema Schema => schema;

        public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken ct)
        {
            await Task.CompletedTask;
            foreach (RecordBatch batch in batches) yield return batch;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    // Sums of doubles may differ in their last digits.
    private static bool IsSame(string expected, string found)
    {
        string[] left = expected.Split('|');
        string[] right = found.Split('|');
        return left.Length == right.Length && left.Zip(right).All(
            pair => IsSameValue(pair.First, pair.Second));
    }

    private static bool IsSameValue(string expected, string found)
    {
        if (expected == found) return true;
        if (expected.StartsWith("NaN", StringComparison.Ordinal)) return found.StartsWith(
            "NaN", StringComparison.Ordinal);
        return double.TryParse(expected, NumberStyles.Float, CultureInfo.InvariantCulture, out double one)
            && double.TryParse(found, NumberStyles.Float, CultureInfo.InvariantCulture, out double other)
            && Math.Abs(one - other) <= 1e-9 * Math.Max(Math.Abs(one), Math.Abs(other));
    }

    private TableSnapshot Snapshot(
        (ModelPoint[] One, ModelPoint[] Two, ModelPoint[] Other, ModelPoint[] Hot) points, bool hasHot)
    {
        EdgeId one = new("E1");
        TableBatch hot = ModelBatches.Build(points.Hot, GenPoints.Fields);
        return new TableSnapshot(
            ModelBatches.Table,
            [
                .. Segment(one, 1, points.One),
                .. Segment(one, 2, points.Two),
                .. Segment(new EdgeId("e.2"), 1, points.Other),
            ],
            hasHot ? new HotRows(one, [hot], KeysAreUnique(points.Hot)) : null);
    }

    private IEnumerable<SegmentRef> Segment(EdgeId edge, int rank, ModelPoint[] points) =>
        points.Length == 0 ? [] : [_db.Folder.Write(edge, rank, points, GenPoints.Fields)];

    private static bool KeysAreUnique(ModelPoint[] points) =>
        points.Select(point => point.Key).Distinct().Count() == points.Length;
}
