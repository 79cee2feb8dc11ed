using TsDb.Adapters.DuckDb;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Ports;

namespace TsDb.Tests.Adapters.DuckDb;

/// <summary>All statements of a node share one budget.</summary>
public sealed class QueryMemoryTests : IDisposable
{
    private const int Statements = 4;

    // More than the small part of 24 MiB, less than the large one of 96 MiB.
    private const string Heavy = "SELECT count(*) AS n FROM (SELECT DISTINCT x FROM range(900000) t(x))";

    private readonly DuckDbParser _parser = new();
    private readonly DuckDbEngine _engine;

    public QueryMemoryTests() => _engine = new DuckDbEngine(
        new DuckDbOptions
        {
            Directories = ["/nowhere/"],
            Memory = QueryMemory.Of(192 << 20, 0, Statements),
            WaitMax = TimeSpan.FromMilliseconds(100),
        },
        _parser,
        TimeProvider.System);

    public void Dispose()
    {
        _engine.Dispose();
        _parser.Dispose();
    }

    [Theory]
    [InlineData(64)]
    [InlineData(256)]
    [InlineData(16_384)]
    public void The_parts_are_no_more_than_the_whole(int mebibytes)
    {
        QueryMemory memory = QueryMemory.Of((long)mebibytes << 20, 64 << 20, 6);
        Assert.True(memory.DecodedBytes <= memory.TotalBytes / 4);
        Assert.True(memory.SmallBytes >= 16 << 20);
        Assert.True(memory.LargeBytes >= memory.SmallBytes);
        if (mebibytes < 256) return;
        Assert.True(
            memory.DecodedBytes + (6 * memory.SmallBytes) + memory.LargeBytes <= memory.TotalBytes);
    }

    [Fact]
    public async Task What_a_small_part_is_enough_for_never_begins_anew()
    {
        Assert.Equal("500000", await AskAsync("SELECT count(*) AS n FROM range(500000)"));
        Assert.Equal(0, _engine.Load.Large);
    }

    [Fact]
    public async Task One_heavy_statement_at_a_time_has_the_large_part_and_small_ones_go_on()
    {
        ISqlResult first = await RunAsync(Heavy);
        Assert.Equal(1, _engine.Load.Large);
        Assert.Equal("1", await AskAsync("SELECT 1"));
        TsDbException busy = await Assert.ThrowsAsync<TsDbException>(() => RunAsync(Heavy));
        Assert.Equal(ErrorKind.Unavailable, busy.Kind);
        Assert.Contains("memory", busy.Message, StringComparison.Ordinal);
        Assert.NotNull(busy.RetryAfter);
        Assert.Equal("900000", await EngineFixture.ReadAsync(first));
        await first.DisposeAsync();
        Assert.Equal("900000", await AskAsync(Heavy));
        Assert.Equal((0, 0), (_engine.Load.Running, _engine.Load.Waiting));
    }

    [Fact]
    public async Task More_than_the_large_part_is_an_error_that_says_so()
    {
        TsDbException error = await Assert.ThrowsAsync<TsDbException>(
            () => AskAsync("SELECT count(*) FROM (SELECT DISTINCT hash(x) FROM range(30000000) t(x))"));
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Contains("memory", error.Message, StringComparison.Ordinal);
        Assert.Equal("900000", await AskAsync(Heavy));
    }

    private Task<ISqlResult> RunAsync(string sql) => _engine.ExecuteAsync(
        new SqlRequest { Sql = sql, Relations = [] }, TestContext.Current.CancellationToken);

    private async Task<string> AskAsync(string sql)
    {
        await using ISqlResult result = await RunAsync(sql);
        return await EngineFixture.ReadAsync(result);
    }
}
