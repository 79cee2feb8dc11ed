using System.Runtime.CompilerServices;
using Apache.Arrow;
using TsDb.Query.Ports;

namespace TsDb.Query.Direct;

/// <summary>An answer that is whole already.</summary>
internal sealed class MergedResult(Schema schema, IReadOnlyList<RecordBatch> batches) : ISqlResult
{
    // Those before it belong to the reader.
    private int _next;

    public Schema Schema => schema;

    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await Task.CompletedTask;
        while (_next < batches.Count)
        {
            ct.ThrowIfCancellationRequested();
            yield return batches[_next++];
        }
    }

    public ValueTask DisposeAsync()
    {
        while (_next < batches.Count) batches[_next++].Dispose();
        return ValueTask.CompletedTask;
    }
}
