using Apache.Arrow;
using TsDb.Query.Ports;

namespace TsDb.Adapters.Http.Query;

/// <summary>A result that holds what its rows are read from until it is disposed.</summary>
internal sealed class LeasedResult(ISqlResult result, IDisposable lease) : ISqlResult
{
    /// <inheritdoc/>
    public Schema Schema => result.Schema;

    /// <inheritdoc/>
    public IAsyncEnumerable<RecordBatch> ReadAsync(CancellationToken ct) => result.ReadAsync(ct);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await result.DisposeAsync();
        }
        finally
        {
            lease.Dispose();
        }
    }
}
