using TsDb.Model;

namespace TsDb.Adapters.DuckDb;

/// <summary>
/// The databases of a node: at most so many statements run, a bounded number waits a bounded time. An
/// instance that failed badly is not used again.
/// </summary>
internal sealed class InstancePool(DuckDbOptions options, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Stack<DuckDbInstance> _idle = new();
    private readonly SemaphoreSlim _turns = new(options.ConcurrencyMax, options.ConcurrencyMax);
    private readonly SemaphoreSlim _slow = new(options.SlowMax, Math.Max(1, options.SlowMax));
    private int _waiting;
    private bool _isClosed;

    /// <summary>
    /// Takes an instance with that memory limit, opening one if need be. Throws <see
    /// cref="ErrorKind.Unavailable"/> when the node has more statements than it takes.
    /// </summary>
    public async Task<DuckDbInstance> RentAsync(long memoryBytesMax, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        if (!_turns.Wait(0, ct)) await WaitForTurnAsync(ct);
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
            if (isDamaged || _isClosed) instance.Dispose();
            else _idle.Push(instance);
        }

        turn?.Dispose();
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

    private async Task WaitForTurnAsync(CancellationToken ct)
    {
        if (Interlocked.Increment(ref _waiting) > options.WaitingMax)
        {
            Interlocked.Decrement(ref _waiting);
            throw Busy();
        }

        try
        {
            using CancellationTokenSource late = new(options.WaitMax, clock);
            using CancellationTokenSource both =
                CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
            await _turns.WaitAsync(both.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw Busy();
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private static TsDbException Busy() =>
        new(ErrorKind.Unavailable, "this node runs as many queries as it may: try again")
        {
            RetryAfter = RetryAfter,
        };
}
