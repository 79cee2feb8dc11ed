using Apache.Arrow;
using TsDb.Adapters.Direct;
using TsDb.Adapters.DuckDb;
using TsDb.Columnar;
using TsDb.Columnar.Vectors;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Direct;
using TsDb.Query.Ports;
using TsDb.Tests.Adapters.DuckDb;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Query.Direct;

/// <summary>Integers of rows in as few bytes as they need.</summary>
public sealed class ShortIntegersTests : IDisposable
{
    private readonly EngineFixture _db = new();

    public void Dispose() => _db.Dispose();

    [Fact]
    public async Task Rows_come_in_the_bytes_that_all_files_need_once_their_columns_are_decoded()
    {
        Relation.Points points = EngineFixture.Points(new TableSnapshot(
            ModelBatches.Table, [Segment(1, "E1", -3, null, 5), Segment(2, "E2", 40_000, 7, 8)], null));
        DirectEngine engine = new(_db.Engine, new SegmentCache(1 << 20, SegmentRows.Open));
        const string Sql = "SELECT host, i, small FROM weather";
        Assert.Equal(["Int64Array", "Int64Array"], await KindsAsync(engine, points, Sql));
        Assert.Equal(["Int32Array", "Int16Array"], await KindsAsync(engine, points, Sql));
        Assert.Equal(
            ["Int16Array"], await KindsAsync(engine, points, "SELECT i FROM weather WHERE edge = 'E1'"));

        // Sorted rows, and those of takers who do not ask for it, come as they are.
        Assert.Equal(
            ["Int64Array"], await KindsAsync(engine, points, "SELECT time, i FROM weather ORDER BY time"));
        Assert.Equal(
            ["Int64Array"], await KindsAsync(engine, points, "SELECT i FROM weather", isShort: false));
    }

    [Theory]
    [InlineData("sum(i) AS s, avg(i) AS m, count(i) AS n, min(small) AS l, max(small) AS g")]
    [InlineData("sum(i) AS s, avg(huge) AS m, count(*) AS n, min(huge) AS l, max(i) AS g")]
    public async Task Many_groups_of_two_nodes_come_together_from_states_in_few_bytes(string items)
    {
        ModelPoint[] one = [.. Enumerable.Range(0, 400).Select(n => Point(n, Of(n), host: n % 200))];
        ModelPoint[] two = [.. Enumerable.Range(0, 300).Select(n => Point(n, -Of(n), host: n % 150 + 100))];
        SegmentRef[] segments = [Segment(1, "E1", one), Segment(2, "E2", two)];
        DirectEngine engine = new(_db.Engine, new SegmentCache(1 << 20, SegmentRows.Open));
        Relation.Points all = EngineFixture.Points(new TableSnapshot(ModelBatches.Table, segments, null));
        string sql = $"SELECT host, {items} FROM weather GROUP BY host ORDER BY host";
        DirectStatement statement = DirectStatement.TryParse(sql)!;
        DirectSplit split = DirectSplit.TryPlan(statement, all.Table)!;
        List<RecordBatch> parts = [];
        foreach (SegmentRef segment in segments)
        {
            await using ISqlResult result = await engine.ExecuteAsync(
                new SqlRequest
                {
                    Sql = split.Fragment.Sql,
                    ShortIntegers = split.Fragment.ShortIntegers,
                    Relations =
                    [
                        new Relation.Points(
                            split.Fragment.RelationName, all.Table,
                            new TableSnapshot(ModelBatches.Table, [segment], null), all.Mask, all.Scope),
                    ],
                },
                TestContext.Current.CancellationToken);
            await foreach (RecordBatch part in result.ReadAsync(TestContext.Current.CancellationToken))
                parts.Add(part);
        }

        // Counts fit in two bytes, sums of what does not fit in eight stay as they are.
        Assert.All(parts, part => Assert.Contains(part.Arrays, array => array is Int16Array));
        Assert.Equal(
            items.Contains("huge", StringComparison.Ordinal),
            parts.Any(part => part.Arrays.Any(array => array is Decimal128Array)));
        Schema schema = await engine.SchemaAsync(
            statement, all.Table, new SqlLimits(), TestContext.Current.CancellationToken);
        RecordBatch merged = Assert.Single(split.Merge(parts, schema)!);
        Assert.Equal(250, merged.Length);
        Assert.Equal(
            await _db.AskAsync(sql, all), await EngineFixture.ReadAsync(new OneBatch(schema, merged)));
    }

    [Fact]
    public void Wide_again_they_are_what_they_were()
    {
        Schema schema = new Schema.Builder()
            .Field(new Field("a", Apache.Arrow.Types.Int64Type.Default, true))
            .Field(new Field("b", Apache.Arrow.Types.Int64Type.Default, true)).Build();
        RecordBatch batch = new(
            schema,
            [
                new Int16Array.Builder().Append(1).AppendNull().Append(-2).Build(),
                new Int32Array.Builder().Append(9).Append(int.MinValue).Append(0).Build(),
            ],
            3);
        RecordBatch part = batch.Slice(1, 2);
        RecordBatch wide = ShortIntegers.Widen(part, schema);
        Assert.Equal([null, -2L], Assert.IsType<Int64Array>(wide.Column(0)));
        Assert.Equal([(long?)int.MinValue, 0L], Assert.IsType<Int64Array>(wide.Column(1)));
        Assert.Same(wide, ShortIntegers.Widen(wide, schema));
    }

    private SegmentRef Segment(int rank, string edge, params long?[] values) =>
        Segment(rank, edge, [.. values.Select((value, n) => Point(n, value))]);

    private SegmentRef Segment(int rank, string edge, ModelPoint[] points) => _db.Folder.Write(
        new EdgeId(edge), rank, points,
        ("i", FieldType.Int64), ("small", FieldType.Int64), ("huge", FieldType.Int64));

    // Mostly small, sometimes none, sometimes more than fits in two bytes.
    private static long? Of(int n) => n % 7 == 0 ? null : n % 11 == 0 ? 50_000 + n : n;

    private static ModelPoint Point(int second, long? value, int host = 0)
    {
        Dictionary<string, object> fields = new() { ["small"] = 1L, ["huge"] = long.MaxValue - second };
        if (value is { } i) fields.Add("i", i);
        return new ModelPoint(
            new Dictionary<string, string> { ["host"] = $"h{host}" },
            1_451_606_400_000_000_000 + second * 1_000_000_000L, fields);
    }

    private sealed class OneBatch(Schema schema, RecordBatch batch) : ISqlResult
    {
        public Schema Schema => schema;

        public async IAsyncEnumerable<RecordBatch> ReadAsync(
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
        {
            await Task.CompletedTask;
            yield return batch;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private static async Task<string[]> KindsAsync(
        DirectEngine engine, Relation.Points points, string sql, bool isShort = true)
    {
        await using ISqlResult result = await engine.ExecuteAsync(
            new SqlRequest { Sql = sql, Relations = [points], ShortIntegers = isShort },
            TestContext.Current.CancellationToken);
        HashSet<string> kinds = [];
        List<string> ordered = [];
        await foreach (RecordBatch batch in result.ReadAsync(TestContext.Current.CancellationToken))
        {
            ordered = [.. batch.Arrays.Where(array => array is Int16Array or Int32Array or Int64Array)
                .Select(array => array.GetType().Name)];
            kinds.Add(string.Join(' ', ordered));
        }

        Assert.Single(kinds);
        return [.. ordered];
    }
}
