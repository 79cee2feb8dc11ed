using System.Collections;
using Apache.Arrow;
using Microsoft.Extensions.Time.Testing;
using TsDb.Adapters.DuckDb;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Ports;

namespace TsDb.Tests.Adapters.DuckDb;

/// <summary>
/// A statement that does not stop when it is told to keeps nobody waiting, and is not forgotten either.
/// </summary>
public sealed class OverdueTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _clock = new();
    private readonly DuckDbParser _parser = new();
    private readonly DuckDbEngine _engine;

    public OverdueTests() => _engine = new DuckDbEngine(
        new DuckDbOptions
        {
            Directories = ["/nowhere/"],
            ConcurrencyMax = 1,
            SlowMax = 0,
            WaitingMax = 0,
        },
        _parser,
        _clock);

    public void Dispose()
    {
        _engine.Dispose();
        _parser.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Its_caller_is_answered_and_it_keeps_its_place_until_it_ends(bool isLate)
    {
        using StuckRows stuck = new();
        using Kept kept = new();
        using CancellationTokenSource client = new();
        Task<ISqlResult> asking = _engine.ExecuteAsync(
            new SqlRequest
            {
                Sql = "SELECT * FROM r",
                Relations = [new Relation.Rows("r", StuckRows.Schema, stuck)],
                Limits = new SqlLimits { DurationMax = Limit },
                Keep = () => kept,
            },
            client.Token);
        await stuck.IsAsked;
        if (isLate) _clock.Advance(Limit);
        else await client.CancelAsync();
        Assert.False(asking.IsCompleted);
        while (!asking.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => asking);
        if (isLate) Assert.Equal(ErrorKind.Deadline, Assert.IsType<TsDbException>(error).Kind);
        else Assert.IsAssignableFrom<OperationCanceledException>(error);
        Assert.Equal((1, 1, 1), (_engine.Load.Running, _engine.Load.Overdue, (int)_engine.Load.OverdueEver));
        Assert.False(kept.IsOver.IsCompleted);
        TsDbException busy = await Assert.ThrowsAsync<TsDbException>(() => AskAsync("SELECT 1"));
        Assert.Equal(ErrorKind.Unavailable, busy.Kind);

        stuck.Free();
        await kept.IsOver;
        Assert.Equal(0, _engine.Load.Running);
        Assert.Equal("1", await AskAsync("SELECT 1"));
        Assert.Equal(1, _engine.Load.OverdueEver);
    }

    private async Task<string> AskAsync(string sql)
    {
        await using ISqlResult result =
            await _engine.ExecuteAsync(new SqlRequest { Sql = sql, Relations = [] }, CancellationToken.None);
        return await EngineFixture.ReadAsync(result);
    }

    private sealed class Kept : IDisposable
    {
        private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task IsOver => _over.Task;

        public void Dispose() => _over.TrySetResult();
    }

    // The engine's thread waits in here, where no interrupt reaches it.
    private sealed class StuckRows : IReadOnlyList<RecordBatch>, IDisposable
    {
        private readonly TaskCompletionSource _asked =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        private readonly ManualResetEventSlim _free = new();

        public static Schema Schema { get; } = new(
            [new Field("v", Apache.Arrow.Types.Int64Type.Default, nullable: true)], null);

        public Task IsAsked => _asked.Task;

        public int Count => Wait();

        public RecordBatch this[int index] => throw new InvalidOperationException("there are none");

        public void Free() => _free.Set();

        public void Dispose()
        {
            _free.Set();
            _free.Dispose();
        }

        public IEnumerator<RecordBatch> GetEnumerator()
        {
            Wait();
            yield break;
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        private int Wait()
        {
            _asked.TrySetResult();
            _free.Wait();
            return 0;
        }
    }
}
