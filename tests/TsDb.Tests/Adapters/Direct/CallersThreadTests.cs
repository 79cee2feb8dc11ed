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

namespace TsDb.Tests.Adapters.Direct;

/// <summary>Whoever asks may be on the thread that reads a client's connection (decision 0024): long scans
/// leave it, short ones stay.</summary>
public sealed class CallersThreadTests : IDisposable
{
    private const long ManyRows = 2_000_000;
    private const string Sql = "SELECT max(f) AS m FROM weather";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly EngineFixture _db = new();

    [Fact]
    public async Task A_long_scan_does_not_keep_the_thread_of_the_pool_that_asked()
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        using ManualResetEventSlim mayRead = new();
        (DirectEngine engine, SqlRequest request) = await EngineAsync(ManyRows, _ => mayRead.Wait(ct));
        Task<ISqlResult> running = Task.FromException<ISqlResult>(new InvalidOperationException("not asked"));
        await Task.Run(() => { running = engine.ExecuteAsync(request, ct); }, ct).WaitAsync(Patience, ct);
        Assert.False(running.IsCompleted);
        mayRead.Set();
        await using ISqlResult result = await running;
        Assert.Equal("1.5", await EngineFixture.ReadAsync(result));
    }

    [Theory]
    [InlineData(ManyRows, false)]
    [InlineData(1, true)]
    public async Task Other_scans_run_on_the_thread_that_asks(long rows, bool isOfPool)
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        Thread? reads = null;
        (DirectEngine engine, SqlRequest request) =
            await EngineAsync(rows, _ => reads ??= Thread.CurrentThread);
        (Thread? Asks, Task<ISqlResult>? Running) asked = default;
        void Ask() => asked = (Thread.CurrentThread, engine.ExecuteAsync(request, ct));
        if (isOfPool) await Task.Run(Ask, ct);
        else
        {
            Thread own = new(Ask);
            own.Start();
            Assert.True(own.Join(Patience));
        }

        await using ISqlResult result = await asked.Running!;
        Assert.Same(asked.Asks, reads);
    }

    public void Dispose() => _db.Dispose();

    // Over one file that is said to have so many rows.
    private async Task<(DirectEngine Engine, SqlRequest Request)> EngineAsync(
        long rows, Action<SegmentRef> onOpen)
    {
        ModelPoint point = new(
            new Dictionary<string, string> { ["host"] = "a" }, 1_451_606_400_000_000_000,
            new Dictionary<string, object> { ["f"] = 1.5 });
        SegmentRef file = _db.Folder.Write(new EdgeId("E1"), 1, [point], GenPoints.Fields);
        file = file with { Manifest = file.Manifest with { Rows = rows } };
        Relation.Points relation = EngineFixture.Points(
            new TableSnapshot(ModelBatches.Table, [file], null));
        DirectEngine engine = new(_db.Engine, new SegmentCache(1 << 20, segment =>
        {
            onOpen(segment);
            return SegmentRows.Open(segment);
        }));

        // What the columns are called is asked elsewhere, once.
        await engine.SchemaAsync(
            DirectStatement.TryParse(Sql)!, relation.Table, new SqlLimits(),
            TestContext.Current.CancellationToken);
        return (engine, new SqlRequest { Sql = Sql, Relations = [relation] });
    }
}
