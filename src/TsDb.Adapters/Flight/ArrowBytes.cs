using Apache.Arrow;
using Apache.Arrow.Ipc;
using Google.Protobuf;
using TsDb.Model;
using TsDb.Query.Distributed;

namespace TsDb.Adapters.Flight;

/// <summary>A few rows as the bytes of an Arrow IPC stream, inside another message.</summary>
internal static class ArrowBytes
{
    // For the headers, and for what lies between buffers.
    private const int BytesAround = 4 << 10;
    private const int BytesMax = 64 << 20;

    /// <summary>The stream.</summary>
    public static ByteString Of(Schema schema, IReadOnlyList<RecordBatch> batches)
    {
        using MemoryStream bytes = new(
            BytesAround + (int)Math.Min(BytesMax, batches.Sum(ExplainFigures.BytesOf)));
        using ArrowStreamWriter writer = new(bytes, schema, leaveOpen: true);
        writer.WriteStart();
        foreach (RecordBatch batch in batches) writer.WriteRecordBatch(batch);
        writer.WriteEnd();
        return UnsafeByteOperations.UnsafeWrap(bytes.GetBuffer().AsMemory(0, (int)bytes.Length));
    }

    /// <summary>The rows of a stream. Throws <see cref="ErrorKind.Invalid"/> if it cannot be read.</summary>
    public static (Schema Schema, IReadOnlyList<RecordBatch> Batches) Read(ByteString bytes)
    {
        try
        {
            using ArrowStreamReader reader = new(bytes.Memory);
            List<RecordBatch> batches = [];
            Schema schema = reader.Schema;
            while (reader.ReadNextRecordBatch() is { } batch) batches.Add(batch);
            return (schema, batches);
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException or IOException
            or InvalidOperationException or IndexOutOfRangeException or NullReferenceException)
        {
            throw new TsDbException(ErrorKind.Invalid, $"a node's rows cannot be read: {e.Message}", e);
        }
    }
}
