using System.Runtime.CompilerServices;
using Apache.Arrow;
using TsDb.Query.Ports;

namespace TsDb.Adapters.Direct;

/// <summary>Batches that are made while they are read.</summary>
internal sealed class DirectResult(Schema schema, IEnumerable<RecordBatch> batches) : ISqlResult
{
    public Schema Schema => schema;

    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await Task.CompletedTask;
        foreach (RecordBatch batch in batches)
        {
            ct.ThrowIfCancellationRequested();
            yield return batch;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
