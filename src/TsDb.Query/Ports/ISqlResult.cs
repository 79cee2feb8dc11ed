using Apache.Arrow;

namespace TsDb.Query.Ports;

/// <summary>A result being read: one schema, then batches. Dispose it to release the query's
/// resources.</summary>
public interface ISqlResult : IAsyncDisposable
{
    /// <summary>The columns of the result, in order; names may repeat, as in SQL.</summary>
    Schema Schema { get; }

    /// <summary>The rows, once; a failure in the middle throws.</summary>
    IAsyncEnumerable<RecordBatch> ReadAsync(CancellationToken ct);
}
