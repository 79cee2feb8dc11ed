using System.Runtime.CompilerServices;
using Apache.Arrow;
using TsDb.Query.Ports;

namespace TsDb.Query.Direct;

/// <summary>An answer that is whole already.</summary>
internal sealed class MergedResult(RecordBatch batch) : ISqlResult
{
    public Schema Schema => batch.Schema;

    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await Task.CompletedTask;
        ct.ThrowIfCancellationRequested();
        yield return batch;
    }

    public ValueTask DisposeAsync()
    {
        batch.Dispose();
        return ValueTask.CompletedTask;
    }
}
