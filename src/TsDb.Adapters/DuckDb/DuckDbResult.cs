using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using DuckDB.NET.Data;
using TsDb.Query;
using TsDb.Query.Ports;

namespace TsDb.Adapters.DuckDb;

/// <summary>
/// A statement's rows as DuckDB makes them. Batches lie in native memory: whoever reads one disposes it.
/// </summary>
internal sealed class DuckDbResult(
    InstancePool pool,
    DuckDbInstance instance,
    RelationSetup setup,
    RunningStatement running,
    DuckDBCommand command,
    IArrowArrayStream stream) : ISqlResult
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task<RecordBatch?> _reading = Task.FromResult<RecordBatch?>(null);
    private bool _isLeft;
    private bool _isDamaged;
    private bool _isFirstTaken;
    private bool _isFinished;
    private bool _isDisposed;

    /// <inheritdoc/>
    public Schema Schema { get; } = stream.Schema;

    /// <summary>The first rows, made already; null if there are none.</summary>
    public RecordBatch? First { get; init; }

    /// <summary>What was asked.</summary>
    public required SqlRequest Request { get; init; }

    /// <summary>What is given back at the end; null for nothing.</summary>
    public IDisposable? Large { get; init; }

    /// <inheritdoc/>
    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        using CancellationTokenRegistration registration = ct.Register(running.Abandon);
        if (!_isFirstTaken && First is not null)
        {
            _isFirstTaken = true;
            yield return First;
        }

        if (First is not null)
            while (await NextAsync(ct) is { } batch) yield return batch;
        _isFinished = true;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        if (!_isFinished) running.Abandon();
        Task ending = EndAsync();
        if (_isLeft) return;
        if (await running.EndsSoonAsync(ending)) await ending;
        else Leave(ending);
    }

    // Only once nothing of the statement runs any more: until then it must be interrupted.
    private async Task EndAsync()
    {
        await ((Task)_reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        running.Dispose();
        try
        {
            await instance.Thread.RunAsync(() =>
            {
                if (!_isFirstTaken) First?.Dispose();
                stream.Dispose();
                command.Dispose();
                setup.Dispose();
                return 0;
            });
        }
        catch (DuckDBException)
        {
            // What cannot be cleaned up is thrown away with its database.
            _isDamaged = true;
        }

        pool.Return(instance, _isDamaged);
        Large?.Dispose();
        _ended.SetResult();
    }

    private void Leave(Task ending)
    {
        _isLeft = true;
        pool.Leave(ending, Request);
    }

    private async Task<RecordBatch?> NextAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        try
        {
            _reading = instance.Thread.RunAsync<RecordBatch?>(
                () => stream.ReadNextRecordBatchAsync(ct).AsTask().GetAwaiter().GetResult());
            return await running.WaitAsync(_reading, _ => Leave(_ended.Task));
        }
        catch (Exception error) when (error is DuckDBException or OperationCanceledException)
        {
            _isDamaged |= error is DuckDBException engine && DuckDbErrors.IsFatal(engine);
            ct.ThrowIfCancellationRequested();
            throw running.Explain(error);
        }
    }
}
