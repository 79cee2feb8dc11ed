using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Google.Protobuf;
using TsDb.Adapters.Flight.Protos;
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;

namespace TsDb.Adapters.Flight;

/// <summary>
/// A result as FlightData messages: the schema first, then dictionaries and batches of bounded size.
/// </summary>
internal static class FlightEncoder
{
    /// <summary>
    /// Wanted size of a message: gRPC clients refuse more than 4 MiB unless told otherwise.
    /// </summary>
    public const int MessageBytesWanted = 2 << 20;

    private const int MessageBytesMax = 4 << 20;

    /// <summary>Encodes all rows of the result. Memory holds one batch's bytes at a time: a message must be
    /// sent before the next is asked for.</summary>
    public static async IAsyncEnumerable<FlightData> EncodeAsync(
        Schema schema, ISqlResult result, [EnumeratorCancellation] CancellationToken ct)
    {
        using MemoryStream bytes = new();
        using ArrowStreamWriter writer = new(bytes, schema, leaveOpen: true);
        writer.WriteStart();
        foreach (FlightData data in Take(bytes)) yield return data;
        await foreach (RecordBatch batch in result.ReadAsync(ct).WithCancellation(ct))
        {
            using (batch)
            {
                int wanted = RowsNext(batch.Length, ExplainFigures.BytesOf(batch));
                for (int rows = 0; rows < batch.Length;)
                {
                    int count = Math.Min(wanted, batch.Length - rows);

                    // Not disposed: a slice shares the buffers of its batch.
                    RecordBatch slice = Slice(batch, schema, rows, count);
                    writer.WriteRecordBatch(slice);
                    wanted = RowsNext(count, bytes.Length);
                    rows += count;
                    foreach (FlightData data in Take(bytes)) yield return data;
                }
            }
        }
    }

    private static int RowsNext(int rows, long bytes) =>
        (int)Math.Clamp(rows * (MessageBytesWanted / 2.0) / Math.Max(1, bytes), 1, 1 << 20);

    private static RecordBatch Slice(RecordBatch batch, Schema schema, int offset, int rows) =>
        new(schema, batch.Arrays.Select(array => ArrowArrayFactory.Slice(array, offset, rows)), rows);

    private static List<FlightData> Take(MemoryStream bytes)
    {
        List<FlightData> messages = [];
        ReadOnlyMemory<byte> rest = bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
        while (IpcMessages.TryTake(ref rest, out ReadOnlyMemory<byte> header, out ReadOnlyMemory<byte> body))
        {
            if (body.Length > MessageBytesMax - (64 << 10))
                throw new TsDbException(ErrorKind.TooLarge,
                    "one row or dictionary of the result is larger than 4 MiB: select less of it");

            messages.Add(new FlightData
            {
                DataHeader = UnsafeByteOperations.UnsafeWrap(header),
                DataBody = UnsafeByteOperations.UnsafeWrap(body),
            });
        }

        bytes.SetLength(0);
        return messages;
    }
}
