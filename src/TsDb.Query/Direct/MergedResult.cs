using System.Runtime.CompilerServices;
using Apache.Arrow;
using TsDb.Query.Ports;

namespace TsDb.Query.Direct;

/// <summary>An answer that is whole already.</summary>
/// <param name="schema">Its columns.</param>
/// <param name="batches">Its rows.</param>
/// <param name="parts">What they were made of, and may share memory with: rows of other nodes lie in memory
/// that is rented, which only the batch that they were read as gives back.</param>
internal sealed class MergedResult(
    Schema schema, IReadOnlyList<RecordBatch> batches, IReadOnlyList<RecordBatch> parts) : ISqlResult
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
        foreach (RecordBatch part in parts) part.Dispose();
        return ValueTask.CompletedTask;
    }
}
