using Microsoft.Extensions.Logging;
using TsDb.Model;
using TsDb.Storage.Catalog;

namespace TsDb.Storage.Seal;

/// <summary>
/// Carries out seals, one at a time: freeze, write, record, cut the log. A seal that failed is taken up where
/// it stopped: frozen rows stay visible, and files once written are not written again. Used by one thread at
/// a time.
/// </summary>
internal sealed class SealWorker(SealSteps steps, EdgeStoreOptions options, TimeProvider clock, ILogger log)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly List<(CommitSequence Target, TaskCompletionSource Done)> _flushes = [];
    private FrozenBuffer? _frozen;
    private IReadOnlyList<StoredSegment>? _written;
    private DateTimeOffset _retryAt;

    /// <summary>Bytes of memory that the last seal made free.</summary>
    public long BytesFreed { get; private set; }

    /// <summary>True if <see cref="RunOnce"/> would begin a seal.</summary>
    public bool IsDue => Decide() != SealReason.None;

    /// <summary>Completes when every commit up to <paramref name="target"/> lies in segments.</summary>
    public Task FlushAsync(CommitSequence target, TaskCreationOptions creation)
    {
        TaskCompletionSource done = new(creation);
        lock (_gate) _flushes.Add((target, done));
        return done.Task;
    }

    /// <summary>Does one seal if it is due; true if it did.</summary>
    public bool RunOnce()
    {
        CompleteFlushes();
        if (_frozen is null && Decide() == SealReason.None) return false;
        if (_frozen is not null && clock.GetUtcNow() < _retryAt && !HasFlush) return false;
        try
        {
            _frozen ??= steps.Freeze();
            _written ??= steps.Write(_frozen);
            steps.Record(_frozen, _written);
        }
        catch (Exception e) when (e is IOException or TsDbException)
        {
            Log.SealFailed(log, e);
            _retryAt = clock.GetUtcNow() + RetryDelay;
            FailFlushes(e as TsDbException ?? new TsDbException(
                ErrorKind.Unavailable, $"the buffer could not be sealed: {e.Message}", e));
            return false;
        }

        Log.Sealed(
            log,
            _frozen.Rows,
            _written.Count,
            _written.Sum(segment => segment.BytesLength),
            _frozen.Covered.Value);
        CommitSequence covered = _frozen.Covered;
        BytesFreed = _frozen.Bytes;
        (_frozen, _written) = (null, null);
        steps.CutLog(covered);
        CompleteFlushes();
        return true;
    }

    /// <summary>Ends the flushes that still wait.</summary>
    public void Close() => FailFlushes(new TsDbException(ErrorKind.Closed, "this edge is shutting down"));

    private bool HasFlush
    {
        get
        {
            lock (_gate) return _flushes.Count > 0;
        }
    }

    private SealReason Decide()
    {
        Hot.HotState hot = steps.Hot();
        return SealPolicy.Decide(
            new SealNeed(hot.OpenRows, hot.OpenBytes, hot.OpenCells, hot.OpenedAt, steps.IsShort(), HasFlush),
            options,
            clock.GetUtcNow());
    }

    private void CompleteFlushes()
    {
        CommitSequence covered = steps.Covered();
        List<TaskCompletionSource> done;
        lock (_gate)
        {
            done = [
                .. _flushes.Where(flush => flush.Target.CompareTo(covered) <= 0).Select(flush => flush.Done)];
            _flushes.RemoveAll(flush => flush.Target.CompareTo(covered) <= 0);
        }

        foreach (TaskCompletionSource flush in done) flush.TrySetResult();
    }

    private void FailFlushes(Exception e)
    {
        (CommitSequence Target, TaskCompletionSource Done)[] failed;
        lock (_gate)
        {
            failed = [.. _flushes];
            _flushes.Clear();
        }

        TsDbException error = e as TsDbException
            ?? new TsDbException(ErrorKind.Unavailable, $"the seal failed: {e.Message}", e)
            {
                RetryAfter = options.RetryAfter,
            };
        foreach ((_, TaskCompletionSource done) in failed) done.TrySetException(error);
    }
}
