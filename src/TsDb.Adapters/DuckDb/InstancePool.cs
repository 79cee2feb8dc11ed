using Microsoft.Extensions.Logging;
using TsDb.Adapters.Hosting;
using TsDb.Model;
using TsDb.Query;

namespace TsDb.Adapters.DuckDb;

/// <summary>
/// The databases of a node: at most so many statements run, a bounded number waits a bounded time. An
/// instance that failed badly is not used again.
/// </summary>
internal sealed partial class InstancePool(DuckDbOptions options, TimeProvider clock, ILogger log)
    : IDisposable
{
    private const int LoggedMax = 300;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Stack<DuckDbInstance> _idle = new();
    private readonly SemaphoreSlim _large = new(1, 1);
    private readonly SemaphoreSlim _turns = new(options.ConcurrencyMax, options.ConcurrencyMax);
    private readonly SemaphoreSlim _slow = new(options.SlowMax, Math.Max(1, options.SlowMax));
    private int _waiting;
    private int _running;
    private long _largeCount;
    private long _refused;
    private int _overdue;
    private long _overdueEver;
    private bool _isClosed;

    /// <summary>What runs and waits.</summary>
    public QueryLoad Load => new(
        Volatile.Read(ref _running), Volatile.Read(ref _waiting), Interlocked.Read(ref _largeCount),
        Interlocked.Read(ref _refused))
    {
        Overdue = Volatile.Read(ref _overdue),
        OverdueEver = Interlocked.Read(ref _overdueEver),
    };

    /// <summary>
    /// Waits for the large part of the memory; whoever disposes of what is returned gives it back. Throws as
    /// <see cref="RentAsync"/>.
    /// </summary>
    public async Task<IDisposable> RentLargeAsync(CancellationToken ct)
    {
        if (!_large.Wait(0, ct)) await WaitForAsync(_large, LargeBusy, ct);
        Interlocked.Increment(ref _largeCount);
        return new Held(_large);
    }

    /// <summary>
    /// Takes an instance with that memory limit, opening one if need be. Throws <see
    /// cref="ErrorKind.Unavailable"/> when the node has more statements than it takes.
    /// </summary>
    public async Task<DuckDbInstance> RentAsync(long memoryBytesMax, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        if (!_turns.Wait(0, ct)) await WaitForAsync(_turns, Busy, ct);
        Interlocked.Increment(ref _running);
        Turn turn = new(_turns, _slow, options.SlowAfter, clock);
        try
        {
            lock (_gate)
            {
                while (_idle.TryPop(out DuckDbInstance? idle))
                {
                    idle.Turn = turn;
                    if (idle.MemoryBytesMax == memoryBytesMax) return idle;
                    idle.Dispose();
                }
            }

            return new DuckDbInstance(options, memoryBytesMax) { Turn = turn };
        }
        catch
        {
            Interlocked.Decrement(ref _running);
            turn.Dispose();
            throw;
        }
    }

    /// <summary>Gives an instance back; a damaged one is closed.</summary>
    public void Return(DuckDbInstance instance, bool isDamaged)
    {
        Turn? turn = instance.Turn;
        lock (_gate)
        {
            // What is idle keeps what it has of its memory: that is only done for the small ones.
            bool isKept = instance.MemoryBytesMax <= options.Memory.SmallBytes;
            if (isDamaged || instance.IsDamaged || _isClosed || !isKept) instance.Dispose();
            else _idle.Push(instance);
        }

        Interlocked.Decrement(ref _running);
        turn?.Dispose();
    }

    /// <summary>
    /// Lets a statement that does not stop come to its end by itself: until then it keeps its place, its
    /// memory and what its relations hold.
    /// </summary>
    public void Leave(Task ending, SqlRequest request)
    {
        Interlocked.Increment(ref _overdue);
        Interlocked.Increment(ref _overdueEver);
        GoesOn(log, request.Sql[..Math.Min(request.Sql.Length, LoggedMax)]);
        _ = EndAsync(ending, request.Keep?.Invoke());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            while (_idle.TryPop(out DuckDbInstance? idle)) idle.Dispose();
        }
    }

    private async Task EndAsync(Task ending, IDisposable? kept)
    {
        long started = clock.GetTimestamp();
        try
        {
            await ending;
            HasEnded(log, clock.GetElapsedTime(started).TotalSeconds);
        }
        catch (Exception error)
        {
            Broke(log, error);
        }

        kept?.Dispose();
        Interlocked.Decrement(ref _overdue);
    }

    private async Task WaitForAsync(
        SemaphoreSlim place, Func<TsDbException> busy, CancellationToken ct)
    {
        if (Interlocked.Increment(ref _waiting) > options.WaitingMax)
        {
            Interlocked.Decrement(ref _waiting);
            Interlocked.Increment(ref _refused);
            throw busy();
        }

        try
        {
            using CancellationTokenSource late = new(options.WaitMax, clock);
            using CancellationTokenSource both =
                CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
            await place.WaitAsync(both.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            Interlocked.Increment(ref _refused);
            throw busy();
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    [LoggerMessage(
        5301, LogLevel.Warning,
        "A statement does not stop though its time is over or nobody waits for it; it keeps its place and "
        + "its memory until it ends: {Sql}")]
    private static partial void GoesOn(ILogger log, string sql);

    [LoggerMessage(5302, LogLevel.Warning, "A statement that did not stop has ended {Seconds} s later")]
    private static partial void HasEnded(ILogger log, double seconds);

    [LoggerMessage(5303, LogLevel.Error, "A statement that did not stop could not be taken away")]
    private static partial void Broke(ILogger log, Exception error);

    private static TsDbException Busy() =>
        new(ErrorKind.Unavailable, "this node runs as many queries as it may: try again")
        {
            RetryAfter = RetryAfter,
        };

    private TsDbException LargeBusy() => new(
        ErrorKind.Unavailable,
        $"the statement needs more than {ByteSizeText.Format(options.Memory.SmallBytes)} of memory, and "
        + "others that do are before it: try again, or read less data at once")
    {
        RetryAfter = RetryAfter,
    };

    private sealed class Held(SemaphoreSlim place) : IDisposable
    {
        private SemaphoreSlim? _place = place;

        public void Dispose() => Interlocked.Exchange(ref _place, null)?.Release();
    }
}
