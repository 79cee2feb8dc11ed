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
    public static readonly TheoryData<string> ReachingOut =
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM Read_CSV_Auto('/etc/passwd')",
        "SELECT * FROM system.main.read_text('/etc/passwd')",
        "SELECT content FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/etc/*')",
        "SELECT * FROM read_parquet('$DIR/**/*.parquet')",
        "SELECT * FROM parquet_scan('$DIR/x.parquet')",
        "SELECT * FROM parquet_metadata('$DIR/x.parquet')",
        "SELECT * FROM glob('$DIR/*')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')",
        "SELECT * FROM query_table('duckdb_settings')",
        "SELECT * FROM tsdb_rows(1)",
        "SELECT * FROM seq_scan('x')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
        "SELECT * FROM pragma_database_list()",
        "SELECT * FROM enable_logging()",
        "SELECT (SELECT content FROM read_text('/etc/passwd'))",
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM read_text('/etc/passwd'))",
        "WITH a AS MATERIALIZED (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM a",
        "SELECT list_transform([1], x -> (SELECT content FROM read_text('/etc/passwd')))",
        "SELECT 1 UNION ALL SELECT length(content) FROM read_text('/etc/passwd')",
        "SELECT * FROM range(1), LATERAL (SELECT * FROM read_text('/etc/passwd')) t",
        "SELECT 1 ORDER BY (SELECT content FROM read_text('/etc/passwd'))",
        "SELECT 1 LIMIT (SELECT count(*) FROM read_text('/etc/passwd'))",
        "SELECT count(*) FILTER (WHERE 1 IN (SELECT 1 FROM read_text('/etc/passwd')))",
        "SELECT sum(1) OVER (PARTITION BY (SELECT content FROM read_text('/etc/passwd')))",
        "VALUES ((SELECT content FROM read_text('/etc/passwd')))",
        "SELECT * FROM (PIVOT (SELECT * FROM read_text('/etc/passwd')) ON filename USING count(*))",
        "DESCRIBE SELECT * FROM read_text('/etc/passwd')",
        "SUMMARIZE SELECT * FROM read_text('/etc/passwd')",
        "FROM read_text('/etc/passwd')",
        "SELECT current_setting('allowed_directories')",
        "SELECT getvariable('x')",
        "SELECT 'x'.getvariable()",
        "SELECT main.current_query()",
        "SELECT getenv('HOME')",
        "SELECT list_transform([1, 2], x -> range(x))",
        "SELECT list_filter([1, 2], lambda x: len(list_transform([1], y -> repeat('x', y))) > x)",
        "SELECT write_log('x')",
        "SELECT sleep_ms(10)",
        "SHOW TABLES",
        "SHOW ALL TABLES",
        "SET memory_limit = '10GB'",
        "RESET threads",
        "PRAGMA database_list",
        "PRAGMA enable_profiling",
        "ATTACH '/tmp/x.db'",
        "COPY (SELECT 1) TO '/tmp/x.csv'",
        "COPY (SELECT 1) TO '$DIR/x.csv'",
        "EXPORT DATABASE '/tmp/x'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "CALL pragma_version()",
        "CREATE TABLE x AS SELECT 1",
        "CREATE MACRO f() AS 1",
        "INSERT INTO weather VALUES (1)",
        "DELETE FROM weather",
        "DROP VIEW weather",
        "BEGIN",
        "COMMIT",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "USE db",
        "CHECKPOINT",
        "VACUUM",
        "SELECT 1; SELECT * FROM read_text('/etc/passwd')",
        "SELECT 1; DROP VIEW weather",
        "",
        ";",
        "-- nothing",
        "SELECT",
        "SELECT $1",
        "SELECT 'a",
        "SELECT \0 1",
    ];

    private readonly EngineFixture _db = db;

    [Theory]
    [MemberData(nameof(ReachingOut))]
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
    public async Task A_statement_stopped_at_any_moment_leaves_nothing_to_the_next_one()
    {
        ISqlResult one = await _db.Engine.ExecuteAsync(
            new SqlRequest { Sql = "SELECT 1 AS x", Relations = [] }, CancellationToken.None);
        Relation.Rows cpu = new(
            "cpu", one.Schema, [.. one.ReadAsync(CancellationToken.None).ToBlockingEnumerable()]);
        SqlRequest request = new()
        {
            Sql = "WITH a AS (SELECT x FROM cpu) SELECT sum(y) FROM a, range(1000000000000) r(y)",
            Relations = [cpu],
        };
        for (int i = 0; i < 50; i++)
        {
            using CancellationTokenSource stop = new(TimeSpan.FromMilliseconds(i % 40));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(request, stop.Token));
            Assert.Equal("1", await _db.AskAsync("WITH a AS (SELECT x FROM cpu) SELECT x FROM a", cpu));
        }
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
            new DuckDbOptions { Directories = ["/nowhere/"], ConcurrencyMax = 1, WaitingMax = 1, SlowMax =
                0 }, parser,
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
    public async Task Heavy_statements_do_not_keep_small_ones_waiting()
    {
        using DuckDbParser parser = new();
        using DuckDbEngine engine = new(
            new DuckDbOptions
            {
                Directories = ["/nowhere/"],
                ConcurrencyMax = 1,
                SlowMax = 1,
                SlowAfter = TimeSpan.FromMilliseconds(20),
            },
            parser,
            TimeProvider.System);
        SqlRequest heavy = new()
        {
            Sql = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range % 7 = b.range "
                + "% 11",
            Relations = [],
        };
        using CancellationTokenSource stop = new();
        Task<ISqlResult> running = engine.ExecuteAsync(heavy, stop.Token);
        for (int i = 0; i < 3; i++)
        {
            ISqlResult small = await engine.ExecuteAsync(
                new SqlRequest { Sql = "SELECT 1", Relations = [] }, CancellationToken.None);
            await small.DisposeAsync();
        }

        // Streaming: the statement may have begun to answer, but it has no row yet.
        if (OperatingSystem.IsLinux())
            Assert.Contains(Directory.GetDirectories("/proc/self/task"), task => Niceness(task) == "5");

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await using ISqlResult result = await running;
            await foreach (var batch in result.ReadAsync(stop.Token)) batch.Dispose();
        });
    }

    private static string Niceness(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "stat")).Split(')')[^1].Split(' ')[17];
        }
        catch (IOException)
        {
            // The thread has ended since the folder was listed.
            return "";
        }
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
