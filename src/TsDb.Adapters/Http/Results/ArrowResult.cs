using System.IO.Pipelines;
using Apache.Arrow;
using Apache.Arrow.Ipc;

namespace TsDb.Adapters.Http.Results;

/// <summary>Arrow's IPC stream, uncompressed: every reader understands it.</summary>
internal sealed class ArrowResult(Schema schema) : ResultWriter
{
    private readonly Schema _schema = ResultNames.Renamed(schema);

    public override string ContentType => "application/vnd.apache.arrow.stream";

    public override async Task WriteAsync(
        IAsyncEnumerable<RecordBatch> batches, PipeWriter to, CancellationToken ct)
    {
        using ArrowStreamWriter writer = new(to.AsStream(leaveOpen: true), _schema, leaveOpen: true);
        await writer.WriteStartAsync(ct);
        await foreach (RecordBatch batch in batches.WithCancellation(ct))
        {
            using (batch)
                await writer.WriteRecordBatchAsync(new RecordBatch(_schema, batch.Arrays, batch.Length), ct);
        }

        await writer.WriteEndAsync(ct);
    }
}
