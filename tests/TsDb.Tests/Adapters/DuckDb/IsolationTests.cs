using Microsoft.Extensions.Time.Testing;
using TsDb.Adapters.DuckDb;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Ports;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Adapters.DuckDb;

public sealed class IsolationTests(EngineFixture db) : IClassFixture<EngineFixture>
{
    private readonly EngineFixture _db = db;

    [Theory]
    [InlineData("SELECT * FROM read_csv('/etc/passwd')")]
    [InlineData("SELECT * FROM Read_CSV_Auto('/etc/passwd')")]
    [InlineData("SELECT * FROM system.main.read_text('/etc/passwd')")]
    [InlineData("SELECT content FROM read_text('/etc/passwd')")]
    [InlineData("SELECT * FROM read_blob('/etc/*')")]
    [InlineData("SELECT * FROM read_parquet('$DIR/**/*.parquet')")]
    [InlineData("SELECT * FROM parquet_scan('$DIR/x.parquet')")]
    [InlineData("SELECT * FROM parquet_metadata('$DIR/x.parquet')")]
    [InlineData("SELECT * FROM glob('$DIR/*')")]
    [InlineData("SELECT * FROM sniff_csv('/etc/passwd')")]
    [InlineData("SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')")]
    [InlineData("SELECT * FROM query_table('duckdb_settings')")]
    [InlineData("SELECT * FROM tsdb_rows(1)")]
    [InlineData("SELECT * FROM seq_scan('x')")]
    [InlineData("SELECT * FROM duckdb_settings()")]
    [InlineData("SELECT * FROM duckdb_secrets()")]
    [InlineData("SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))")]
    [InlineData("SELECT * FROM pragma_database_list()")]
    [InlineData("SELECT * FROM enable_logging()")]
    [InlineData("SELECT (SELECT content FROM read_text('/etc/passwd'))")]
    [InlineData("SELECT 1 WHERE EXISTS (SELECT 1 FROM read_text('/etc/passwd'))")]
    [InlineData("WITH a AS MATERIALIZED (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM a")]
    [InlineData("SELECT list_transform([1], x -> (SELECT content FROM read_text('/etc/passwd')))")]
    [InlineData("SELECT 1 UNION ALL SELECT length(content) FROM read_text('/etc/passwd')")]
    [InlineData("SELECT * FROM range(1), LATERAL (SELECT * FROM read_text('/etc/passwd')) t")]
    [InlineData("SELECT 1 ORDER BY (SELECT content FROM read_text('/etc/passwd'))")]
    [InlineData("SELECT 1 LIMIT (SELECT count(*) FROM read_text('/etc/passwd'))")]
    [InlineData("SELECT count(*) FILTER (WHERE 1 IN (SELECT 1 FROM read_text('/etc/passwd')))")]
    [InlineData("SELECT sum(1) OVER (PARTITION BY (SELECT content FROM read_text('/etc/passwd')))")]
    [InlineData("VALUES ((SELECT content FROM read_text('/etc/passwd')))")]
    [InlineData("SELECT * FROM (PIVOT (SELECT * FROM read_text('/etc/passwd')) ON filename USING count(*))")]
    [InlineData("DESCRIBE SELECT * FROM read_text('/etc/passwd')")]
    [InlineData("SUMMARIZE SELECT * FROM read_text('/etc/passwd')")]
    [InlineData("FROM read_text('/etc/passwd')")]
    [InlineData("SELECT current_setting('allowed_directories')")]
    [InlineData("SELECT getvariable('x')")]
    [InlineData("SELECT 'x'.getvariable()")]
    [InlineData("SELECT main.current_query()")]
    [InlineData("SELECT getenv('HOME')")]
    [InlineData("SELECT write_log('x')")]
    [InlineData("SELECT sleep_ms(10)")]
    [InlineData("SHOW TABLES")]
    [InlineData("SHOW ALL TABLES")]
    [InlineData("SET memory_limit = '10GB'")]
    [InlineData("RESET threads")]
    [InlineData("PRAGMA database_list")]
    [InlineData("PRAGMA enable_profiling")]
    [InlineData("ATTACH '/tmp/x.db'")]
    [InlineData("COPY (SELECT 1) TO '/tmp/x.csv'")]
    [InlineData("COPY (SELECT 1) TO '$DIR/x.csv'")]
    [InlineData("EXPORT DATABASE '/tmp/x'")]
    [InlineData("INSTALL httpfs")]
    [InlineData("LOAD httpfs")]
    [InlineData("CALL pragma_version()")]
    [InlineData("CREATE TABLE x AS SELECT 1")]
    [InlineData("CREATE MACRO f() AS 1")]
    [InlineData("INSERT INTO weather VALUES (1)")]
    [InlineData("DELETE FROM weather")]
    [InlineData("DROP VIEW weather")]
    [InlineData("BEGIN")]
    [InlineData("COMMIT")]
    [InlineData("PREPARE p AS SELECT 1")]
    [InlineData("EXECUTE p")]
    [InlineData("USE db")]
    [InlineData("CHECKPOINT")]
    [InlineData("VACUUM")]
    [InlineData("SELECT 1; SELECT * FROM read_text('/etc/passwd')")]
    [InlineData("SELECT 1; DROP VIEW weather")]
    [InlineData("")]
    [InlineData(";")]
    [InlineData("-- nothing")]
    [InlineData("SELECT")]
    [InlineData("SELECT $1")]
    [InlineData("SELECT 'a")]
    [InlineData("SELECT \0 1")]
    public async Task Statements_that_reach_out_are_refused(string sql)
    {
        TsDbException error = await Assert.ThrowsAsync<TsDbException>(() => _db.AskAsync(
            sql.Replace("$DIR", Path.Combine(_db.Folder.Path, "segments"), StringComparison.Ordinal)));
        Assert.Equal(ErrorKind.Invalid, error.Kind);
        Assert.NotEmpty(error.Message);
        Assert.Equal("1", await _db.AskAsync("SELECT 1"));
    }

    [Theory]
    [InlineData("SELECT * FROM '/etc/passwd'")]
    [InlineData("SELECT * FROM '/etc/hostname.csv'")]
    [InlineData("SELECT * FROM \"x.parquet\"")]
    [InlineData("SELECT * FROM nothing")]
    [InlineData("SELECT * FROM duckdb_tables")]
    [InlineData("SELECT * FROM information_schema.tables")]
    [InlineData("SELECT * FROM pg_catalog.pg_class")]
    [InlineData("SELECT * FROM sqlite_master")]
    [InlineData("SELECT * FROM duckdb_views, (WITH duckdb_views AS (SELECT 1) SELECT * FROM duckdb_views)")]
    [InlineData("SELECT (WITH pg_class AS (SELECT 1) SELECT 1), * FROM pg_class")]
    public async Task Tables_that_were_not_handed_over_are_not_found(string sql)
    {
        TsDbException error = await Assert.ThrowsAsync<TsDbException>(() => _db.AskAsync(sql));
        Assert.Equal(ErrorKind.NotFound, error.Kind);
    }

    [Theory]
    [InlineData(
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT sum(n) FROM r",
            "6")]
    [InlineData("SELECT count(*) FROM range(3) t(x), generate_series(1, 2)", "6")]
    [InlineData("SELECT unnest([1, 2])", "1\n2")]
    [InlineData("SELECT * FROM (VALUES (1), (2)) t(x) ORDER BY x DESC", "2\n1")]
    [InlineData("SELECT 'read_text(''/etc/passwd'')'", "read_text('/etc/passwd')")]
    [InlineData("WITH read_text AS (SELECT 1 AS x) SELECT x FROM read_text", "1")]
    public async Task Ordinary_statements_run(string sql, string expected) =>
        Assert.Equal(expected, await _db.AskAsync(sql));

    [Fact]
    public async Task A_statement_that_needs_too_much_memory_fails_and_the_next_one_runs()
    {
        SqlRequest request = new()
        {
            Sql = "SELECT count(*) FROM (SELECT DISTINCT hash(x) FROM range(100000000) t(x))",
            Relations = [],
            Limits = new SqlLimits { MemoryBytesMax = 64 << 20 },
        };
        TsDbException error = await Assert.ThrowsAsync<TsDbException>(() => RunAsync(request));
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        await RunAsync(request with { Sql = "SELECT 1" });
    }

    [Fact]
    public async Task A_statement_that_runs_too_long_is_stopped_and_the_next_one_runs()
    {
        SqlRequest request = new()
        {
            Sql = "SELECT count(*) FROM range(1000000000000) a(x), range(1000) b(y) WHERE x % 7 = y",
            Relations = [],
            Limits = new SqlLimits { DurationMax = TimeSpan.FromMilliseconds(200) },
        };
        TsDbException error = await Assert.ThrowsAsync<TsDbException>(() => RunAsync(request));
        Assert.Equal(ErrorKind.Deadline, error.Kind);
        for (int i = 0; i < 20; i++) Assert.Equal("1", await _db.AskAsync("SELECT 1"));
    }

    [Fact]
    public async Task A_cancelled_statement_ends()
    {
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(
            new SqlRequest { Sql = "SELECT sum(x * 3) FROM range(1000000000000) a(x)", Relations = [] },
                source.Token));
        Assert.Equal("1", await _db.AskAsync("SELECT 1"));
    }

    [Fact]
    public async Task A_result_that_is_not_read_to_its_end_gives_its_database_back()
    {
        for (int i = 0; i < 20; i++)
        {
            await using ISqlResult result = await _db.Engine.ExecuteAsync(
                new SqlRequest { Sql = "SELECT x, repeat('y', 100) FROM range(10000000) t(x)", Relations =
                    [] },
                CancellationToken.None);
            await foreach (Apache.Arrow.RecordBatch batch in result.ReadAsync(CancellationToken.None))
            {
                batch.Dispose();
                break;
            }
        }
    }

    [Fact]
    public async Task More_statements_than_the_node_takes_wait_and_then_are_refused()
    {
        FakeTimeProvider clock = new();
        using DuckDbParser parser = new();
        using DuckDbEngine engine = new(
            new DuckDbOptions { Directories = ["/nowhere/"], ConcurrencyMax = 1, WaitingMax = 1 }, parser,
                clock);
        SqlRequest request = new() { Sql = "SELECT 1", Relations = [] };
        ISqlResult first = await engine.ExecuteAsync(request, CancellationToken.None);
        Task<ISqlResult> second = engine.ExecuteAsync(request, CancellationToken.None);
        TsDbException busy = await Assert.ThrowsAsync<TsDbException>(
            () => engine.ExecuteAsync(request, CancellationToken.None));
        Assert.Equal(ErrorKind.Unavailable, busy.Kind);
        Assert.NotNull(busy.RetryAfter);
        clock.Advance(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAsync<TsDbException>(() => second);
        await first.DisposeAsync();
        await (await engine.ExecuteAsync(request, CancellationToken.None)).DisposeAsync();
    }

    [Fact]
    public async Task A_damaged_file_is_an_error_that_names_it()
    {
        SegmentRef segment = _db.Folder.Write(
            new EdgeId("E1"), 1,
            [new ModelPoint(
                new Dictionary<string, string>(), 0, new Dictionary<string, object> { ["f"] = 1.0 })],
            ("f", FieldType.Float64));
        byte[] bytes = await File.ReadAllBytesAsync(segment.Path, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(segment.Path, bytes[..^10], TestContext.Current.CancellationToken);
        TsDbException error = await Assert.ThrowsAsync<TsDbException>(() => _db.AskAsync(
            "SELECT * FROM weather",
                EngineFixture.Points(new TableSnapshot(ModelBatches.Table, [segment], null))));
        Assert.Equal(ErrorKind.Corrupt, error.Kind);
        Assert.Contains(segment.Path, error.Message, StringComparison.Ordinal);
    }

    private async Task RunAsync(SqlRequest request, CancellationToken ct = default)
    {
        await using ISqlResult result = await _db.Engine.ExecuteAsync(request, ct);
        await foreach (Apache.Arrow.RecordBatch batch in result.ReadAsync(ct)) batch.Dispose();
    }
}
