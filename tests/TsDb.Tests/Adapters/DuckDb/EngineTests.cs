using Apache.Arrow;
using CsCheck;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Ports;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Adapters.DuckDb;

public sealed class EngineTests : IDisposable
{
    private const long Start = 1_451_606_400_000_000_000; // 2016-01-01
    private const long Minute = 60_000_000_000;
    private const string Everything =
        "SELECT epoch_ns(time), edge, host, region, \"ü\", f, i, u, b, s, dec FROM weather ORDER BY ALL";

    private static readonly EdgeId E1 = new("E1");

    private readonly EngineFixture _db = new();

    public void Dispose() => _db.Dispose();

    [Fact]
    public async Task Select_without_tables() => Assert.Equal("1|a", await _db.AskAsync("SELECT 1, 'a'"));

    [Fact]
    public async Task Segments_and_hot_rows_are_one_table()
    {
        TableSnapshot snapshot = new(
            ModelBatches.Table,
            [
                _db.Folder.Write(E1, 1, [Point("a", 0, 1.25), Point("b", 1, 2.5)], ("f", FieldType.Float64)),
                _db.Folder.Write(new("e.2"), 1, [Point("a", 0, 0.1)], ("f", FieldType.Float64)),
            ],
            new HotRows(
                E1, [ModelBatches.Build([Point("a", 2, 7)], ("f", FieldType.Float64))], KeysAreUnique: true));
        Assert.Equal(
            "2016-01-01 00:00:00|E1|a|1.25\n2016-01-01 00:00:00|e.2|a|0.1\n2016-01-01 00:01:00|E1|b|2.5\n"
                + "2016-01-01 00:02:00|E1|a|7",
            await _db.AskAsync(
                "SELECT time::VARCHAR, edge, host, f FROM weather ORDER BY time, edge",
                    EngineFixture.Points(snapshot)));
    }

    [Fact]
    public async Task A_point_written_again_counts_once_and_its_newest_values_remain()
    {
        TableSnapshot snapshot = new(
            ModelBatches.Table,
            [
                _db.Folder.Write(E1, 2, [Point("a", 1, 20)], ("f", FieldType.Float64)),
                _db.Folder.Write(
                    E1, 1, [Point("a", 0, 1), Point("a", 1, 2), Point("a", 3, 3)], ("f", FieldType.Float64)),
            ],
            new HotRows(
                E1,
                [ModelBatches.Build(
                    [Point("a", 3, 30), Point("a", 4, 4), Point("a", 4, 5)], ("f", FieldType.Float64))],
                KeysAreUnique: false));
        Assert.Equal(
            "4|56|1|30",
            await _db.AskAsync(
                "SELECT count(*), sum(f), min(f), max(f) FROM weather", EngineFixture.Points(snapshot)));
    }

    [Fact]
    public async Task Types_that_differ_between_edges_are_brought_together()
    {
        ModelPoint Of(string name, object value) => new(
            new Dictionary<string, string>(), Start, new Dictionary<string, object> { [name] = value });
        TableSnapshot snapshot = new(
            ModelBatches.Table,
            [
                _db.Folder.Write(E1, 1, ModelBatches.Build([Of("v", 7L)], ("v", FieldType.Int64))),
                _db.Folder.Write(
                    new("E2"), 1, ModelBatches.Build([Of("v", ulong.MaxValue)], ("v", FieldType.UInt64))),
            ],
            null);
        Assert.Equal(
            "18446744073709551622",
                await _db.AskAsync("SELECT sum(v) FROM weather", EngineFixture.Points(snapshot)));
        snapshot = snapshot with
        {
            Segments =
            [
                .. snapshot.Segments,
                _db.Folder.Write(new("E3"), 1, ModelBatches.Build([Of("v", 0.5)], ("v", FieldType.Float64))),
                _db.Folder.Write(new("E4"), 1, ModelBatches.Build([Of("v", "x")], ("v", FieldType.String))),
            ],
        };
        Assert.Equal(
            "7|E1\n18446744073709551615|E2\n0.5|E3\nx|E4",
            await _db.AskAsync("SELECT v, edge FROM weather ORDER BY edge", EngineFixture.Points(snapshot)));
    }

    [Fact]
    public async Task A_clients_own_edge_and_names_that_differ_by_case_get_a_suffix()
    {
        ModelPoint point = new(
            new Dictionary<string, string> { ["edge"] = "mine" }, Start,
            new Dictionary<string, object> { ["Temp"] = 1.0, ["temp"] = 2.0, ["\"q"] = 3.0 });
        TableBatch batch = ModelBatches.Build(
            [point], ("temp", FieldType.Float64), ("Temp", FieldType.Float64), ("\"q", FieldType.Float64));
        foreach (TableSnapshot snapshot in new TableSnapshot[]
        {
            new(ModelBatches.Table, [_db.Folder.Write(E1, 1, batch), _db.Folder.Write(new("E2"), 1, batch)],
                null),
            new(ModelBatches.Table, [_db.Folder.Write(new("E2"), 1, batch)], new HotRows(E1, [batch], true)),
        })
        {
            Assert.Equal(
                "E1|mine|1|2|3\nE2|mine|1|2|3",
                await _db.AskAsync(
                    "SELECT edge, edge_1, \"Temp_1\", temp, \"\"\"q\" FROM weather ORDER BY 1",
                    EngineFixture.Points(snapshot)));
        }
    }

    [Fact]
    public async Task Qualified_names_own_with_clauses_and_describe()
    {
        TableSnapshot snapshot = new(
            ModelBatches.Table,
            [], new HotRows(E1, [ModelBatches.Build([Point("a", 0, 1)], ("f", FieldType.Float64))], true));
        Assert.Equal("1|1", await _db.AskAsync(
            "SELECT count(*), max(db.weather.f) FROM db.weather",
                EngineFixture.Points(snapshot, "db.weather")));
        Assert.Equal("2", await _db.AskAsync(
            "/* c */ WITH x AS (SELECT f + 1 AS g FROM Weather) SELECT g FROM x -- end",
                EngineFixture.Points(snapshot)));
        Assert.Equal(
            "time|TIMESTAMP_NS|YES|null|null|null\nedge|VARCHAR|YES|null|null|null\n"
                + "host|VARCHAR|YES|null|null|null\nf|DOUBLE|YES|null|null|null",
            await _db.AskAsync("DESCRIBE weather", EngineFixture.Points(snapshot)));
        Assert.Equal(
            "1|a", await _db.AskAsync(
                "(SELECT f, host FROM weather) ORDER BY 1;", EngineFixture.Points(snapshot)));
        Assert.Equal(
            "1", await _db.AskAsync(
                "SELECT count(*) FROM db.weather", EngineFixture.Points(snapshot, "db.weather")));
    }

    [Fact]
    public async Task Time_compares_with_texts_times_and_now()
    {
        TableSnapshot snapshot = new(
            ModelBatches.Table, [_db.Folder.Write(E1, 1, [Point("a", 0, 1)], ("f", FieldType.Float64))],
                null);
        Assert.Equal("1", await _db.AskAsync(
            """
            SELECT count(*) FROM weather WHERE time >= '2016-01-01T00:00:00Z'
            AND time < TIMESTAMP '2016-01-01 01:00'
            AND time < now() - INTERVAL '1 hour' AND time < current_timestamp
            """,
            EngineFixture.Points(snapshot)));
        Assert.Equal("2016-01-01 00:00:00", await _db.AskAsync(
            "SELECT date_bin(INTERVAL 1 hour, time)::VARCHAR FROM weather", EngineFixture.Points(snapshot)));
    }

    [Fact]
    public async Task A_scope_leaves_out_files_and_edges()
    {
        TableSnapshot snapshot = new(
            ModelBatches.Table,
            [
                _db.Folder.Write(E1, 1, [Point("a", 0, 1)], ("f", FieldType.Float64)),
                _db.Folder.Write(E1, 1, [Point("a", 60, 2)], ("f", FieldType.Float64)),
                _db.Folder.Write(new("E2"), 1, [Point("a", 0, 4)], ("f", FieldType.Float64)),
            ],
            null);
        ScanScope scope = new(new TimeRange(Start, Start + Minute), new HashSet<EdgeId> { E1 }, null);
        Assert.Equal("1|1", await _db.AskAsync(
            "SELECT count(*), sum(f) FROM weather", EngineFixture.Points(snapshot, null, scope)));
    }

    [Fact]
    public async Task Arrow_rows_of_every_type_come_back_as_they_were()
    {
        const string Sql = """
            SELECT (n % 100)::TINYINT a, n::SMALLINT b, n::INTEGER c, n::BIGINT d, (n % 200)::UTINYINT e,
            n::USMALLINT f, n::UINTEGER g, n::UBIGINT h, (n * 1e30)::HUGEINT i, n::FLOAT j, n / 3.0::DOUBLE k,
            n % 2 = 0 l,
            repeat('long text ', n::INT) m,
            make_timestamp_ns(n) o, make_timestamp(n) p, make_timestamp_ms(n) q, DATE '2020-01-01' + n::INT r,
            TIME '00:00:01' + to_seconds(n) s, to_seconds(n) + to_months(n::INT) t, [n, n + 1, NULL] u,
            (n % 100)::DECIMAL(4, 1) v, n::DECIMAL(9, 2) w, n::DECIMAL(18, 3) x, n::DECIMAL(38, 4) y,
            {'a': n, 'b': n::VARCHAR} z,
            NULL aa, encode('x') ab, make_timestamp(n)::TIMESTAMPTZ ac, [['x', repeat('y', 20)], []] ad,
            CASE WHEN n % 3 = 0 THEN NULL ELSE n END ae, CASE WHEN n % 3 > 0 THEN 'text' END af
            FROM range(5000) t(n)
            """;
        await using ISqlResult result = await _db.Engine.ExecuteAsync(
            new SqlRequest { Sql = Sql, Relations = [] }, CancellationToken.None);
        List<RecordBatch> batches = [];
        await foreach (RecordBatch batch in result.ReadAsync(CancellationToken.None)) batches.Add(batch);
        Relation.Rows rows = new("r", result.Schema, batches);
        string columns = string.Join(", ", result.Schema.FieldsList.Select(f => $"\"{f.Name}\""));
        string hash =
            $"SELECT count(*), sum(hash({columns})), any_value(typeof(i)), any_value(typeof(o)), "
            + "any_value(typeof(ac)) FROM ";
        Assert.Equal(
            await _db.AskAsync($"{hash} ({Sql})"), await _db.AskAsync($"{hash} r", rows));
        Assert.Equal("5000", await _db.AskAsync("SELECT count(*) FROM r", rows));
        Assert.Equal("4999", await _db.AskAsync("SELECT max(a.d) FROM r a JOIN r b ON a.d = b.d", rows));
        batches.ForEach(batch => batch.Dispose());
    }

    [Fact]
    public async Task Only_the_columns_asked_for_are_copied_and_limits_hold()
    {
        TableBatch[] batches = [.. Enumerable.Range(0, 20).Select(i => ModelBatches.Build(
            [.. Enumerable.Range(0, 5000).Select(k => Point($"a long host name {k % 7}", i * 5000 + k, k))],
            ("f", FieldType.Float64)))];
        TableSnapshot snapshot = new(ModelBatches.Table, [], new HotRows(E1, batches, true));
        Relation points = EngineFixture.Points(snapshot);
        Assert.Equal("100000", await _db.AskAsync("SELECT count(*) FROM weather", points));
        Assert.Equal("a long host name 3|14280", await _db.AskAsync(
            "SELECT host, count(*) FROM weather WHERE host = 'a long host name 3' GROUP BY host", points));
        Assert.Equal(
            "7|249950000", await _db.AskAsync("SELECT count(DISTINCT host), sum(f) FROM weather", points));
        Assert.Equal(3, (await _db.AskAsync("SELECT * FROM weather LIMIT 3", points)).Split('\n').Length);
    }

    [Fact]
    public void Hot_rows_and_segments_answer_alike() => Gen.Select(
        GenPoints.Point(Gen.Long[0, 40].Select(i => Start + i * Minute)).Array[1, 60], Gen.Int[1, 4],
            Gen.Bool)
        .Sample(
            (points, parts, overlap) =>
            {
                ModelPoint[] ordered = overlap ? points : [.. points.OrderBy(p => p.Time)];
                TableBatch[] batches = [.. ordered.Chunk(Math.Max(1, ordered.Length / parts))
                    .Select(chunk => ModelBatches.Build(chunk, GenPoints.Fields))];
                string expected =
                    Rows(Snapshot([KeyMerge.Merge(ModelBatches.Table, batches).Batch], 0, true));
                for (int sealedParts = 0; sealedParts <= batches.Length; sealedParts++)
                    Assert.Equal(expected, Rows(Snapshot(batches, sealedParts, false)));
            },
            iter: 30, threads: 1);

    private string Rows(TableSnapshot snapshot)
    {
        // Every column is there whatever the points have, and NaN payloads survive no engine: bits are not
        // compared.
        ResolvedTable table = TypeResolver.Resolve(
            ModelBatches.Table,
            GenPoints.Fields.Select(f => new Model.Column(f.Name, ColumnRole.Field, f.Type))
                .Concat(new[] { "host", "region", "ü" }.Select(
                    t => new Model.Column(t, ColumnRole.Tag, FieldType.String))));
        Relation.Points relation = new("weather", table, snapshot, PointMask.None, ScanScope.All);
        return _db.AskAsync(Everything, relation).GetAwaiter().GetResult();
    }

    private TableSnapshot Snapshot(TableBatch[] batches, int sealedParts, bool unique) => new(
        ModelBatches.Table,
        [.. batches.Take(sealedParts).Select((batch, i) => _db.Folder.Write(E1, i + 1, batch))],
        new HotRows(E1, [.. batches.Skip(sealedParts)], unique));

    private static ModelPoint Point(string host, long minute, double value) => new(
        new Dictionary<string, string> { ["host"] = host }, Start + minute * Minute,
        new Dictionary<string, object> { ["f"] = value });
}
