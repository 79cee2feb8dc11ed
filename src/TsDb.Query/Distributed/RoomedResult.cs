using Apache.Arrow;
using TsDb.Query.Ports;

namespace TsDb.Query.Distributed;

/// <summary>A result that holds gathered rows until it is disposed of.</summary>
internal sealed class RoomedResult(ISqlResult result, GatherRoom.Part room) : ISqlResult
{
    public Schema Schema => result.Schema;

    public IAsyncEnumerable<RecordBatch> ReadAsync(CancellationToken ct) => result.ReadAsync(ct);

    public async ValueTask DisposeAsync()
    {
        try
        {
            await result.DisposeAsync();
        }
        finally
        {
            room.Dispose();
        }
    }
}
