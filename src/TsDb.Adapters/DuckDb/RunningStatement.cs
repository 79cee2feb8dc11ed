using DuckDB.NET.Data;
using DuckDB.NET.Native;
using TsDb.Model;
using TsDb.Query;

namespace TsDb.Adapters.DuckDb;

/// <summary>
/// Ends a statement that runs too long or that nobody waits for any more. DuckDB's interrupt hits whatever
/// runs on the connection, so after <see cref="Dispose"/> none may come: it would hit the next statement.
/// </summary>
internal sealed class RunningStatement : IDisposable
{
    // An interrupt that comes just before DuckDB begins is forgotten by it, so it is repeated to the end.
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(20);

    // Some of the engine's work asks for interrupts rarely or never: whoever waits for it is told after this
    // time, and it goes on alone.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _overdue = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeProvider _clock;
    private readonly DuckDbInstance _instance;
    private readonly TimeSpan _durationMax;
    private readonly ITimer _timer;
    private readonly CancellationTokenRegistration _registration;
    private readonly CancellationToken _ct;
    private bool _isOver;
    private bool _isStopped;
    private bool _isLate;
    private long _stoppedAt;

    public RunningStatement(
        DuckDbInstance instance, TimeSpan durationMax, TimeProvider clock, CancellationToken ct)
    {
        (_instance, _durationMax, _clock, _ct) = (instance, durationMax, clock, ct);
        _timer = clock.CreateTimer(_ => Stop(isLate: true), null, durationMax, Timeout.InfiniteTimeSpan);
        _registration = ct.Register(() => Stop(isLate: false));
    }

    /// <summary>
    /// What the work gives, or a failure a while after it was told to stop and did not: then it goes on
    /// without this call, is interrupted until <see cref="Dispose"/>, and <paramref name="leave"/> takes care
    /// of its end.
    /// </summary>
    public async Task<T> WaitAsync<T>(Task<T> work, Action<Task<T>> leave)
    {
        if (!work.IsCompleted && await Task.WhenAny(work, _overdue.Task) != work)
        {
            leave(work);
            throw Explain(new OperationCanceledException(_ct));
        }

        return await work;
    }

    /// <summary>True if the work ends within the time that one which was told to stop is given.</summary>
    public async Task<bool> EndsSoonAsync(Task work)
    {
        if (work.IsCompleted) return true;
        using CancellationTokenSource ended = new();
        Task grace = Task.Delay(Grace, _clock, ended.Token);
        bool isEnded = await Task.WhenAny(work, grace) == work;
        await ended.CancelAsync();
        return isEnded;
    }

    /// <summary>Stops the statement because its reader went away.</summary>
    public void Abandon() => Stop(isLate: false);

    /// <summary>Throws if the statement was stopped; asked before DuckDB begins with it.</summary>
    public void ThrowIfStopped()
    {
        lock (_gate)
        {
            if (_isStopped) throw new OperationCanceledException(_ct);
        }
    }

    /// <summary>
    /// Makes a failure on the instance's thread into the one that the caller gets: DuckDB's interrupt arrives
    /// as a cancellation or as an error, whoever asked for it, and while it prepares as one of no kind.
    /// </summary>
    public Exception Explain(Exception error)
    {
        bool isInterrupt = error is OperationCanceledException
            or DuckDBException { ErrorType: DuckDBErrorType.Interrupt }
            || (_isStopped && error is DuckDBException stopped && !DuckDbErrors.IsFatal(stopped));
        if (isInterrupt && _isLate)
        {
            return new TsDbException(
                ErrorKind.Deadline,
                $"the statement ran longer than the {SqlLimits.TextOf(_durationMax)} it may take",
                error);
        }

        if (isInterrupt) return new OperationCanceledException("the statement was cancelled", error, _ct);
        return error is DuckDBException engine && !DuckDbErrors.IsFatal(engine)
            ? DuckDbErrors.Translate(engine, _instance.Directories)
            : error;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate) _isOver = true;
        _timer.Dispose();
        _registration.Dispose();
    }

    private void Stop(bool isLate)
    {
        lock (_gate)
        {
            if (_isOver) return;
            if (!_isStopped) (_isLate, _stoppedAt) = (isLate, _clock.GetTimestamp());
            _isStopped = true;
            _instance.Interrupt();
            if (_clock.GetElapsedTime(_stoppedAt) >= Grace) _overdue.TrySetResult();
            _timer.Change(Again, Timeout.InfiniteTimeSpan);
        }
    }
}
