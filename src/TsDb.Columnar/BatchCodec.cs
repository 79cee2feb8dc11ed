using System.Buffers.Binary;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using TsDb.Model;

namespace TsDb.Columnar;

/// <summary>
/// Table batches to bytes and back: the payload of a write-ahead-log frame. The bytes are described in
/// FORMAT.md; the two record batches of a table batch are Arrow IPC streams, schema included, so a payload
/// explains itself.
/// </summary>
/// <remarks>
/// The payload carries no checksum: its frame does. Decoding still checks every length and every index that a
/// later reader would follow blindly, so bytes that are wrong end in <see cref="ErrorKind.Corrupt"/> and
/// nothing else.
/// </remarks>
public static class BatchCodec
{
    /// <summary>First byte of a payload; a reader refuses any other.</summary>
    public const byte VersionCurrent = 1;

    private const int HeaderBytes = 5;

    /// <summary>The batches as one payload, in the order given.</summary>
    public static byte[] Encode(IReadOnlyList<TableBatch> batches)
    {
        using MemoryStream payload = new();
        EncodeTo(payload, batches);
        return payload.ToArray();
    }

    /// <summary>Appends the payload to <paramref name="destination"/> at its present position.</summary>
    public static void EncodeTo(MemoryStream destination, IReadOnlyList<TableBatch> batches)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        header[0] = VersionCurrent;
        BinaryPrimitives.WriteInt32LittleEndian(header[1..], batches.Count);
        destination.Write(header);
        foreach (TableBatch batch in batches)
        {
            WriteText(destination, batch.Table.Database);
            WriteText(destination, batch.Table.Table);
            WriteStream(destination, batch.Series);
            WriteStream(destination, batch.Rows);
        }
    }

    /// <summary>
    /// Reads a payload. The batches refer to the bytes given, which must not change afterwards. Throws
    /// <see cref="ErrorKind.Corrupt"/> if the bytes are not a payload of a version known here.
    /// </summary>
    public static IReadOnlyList<TableBatch> Decode(ReadOnlyMemory<byte> payload)
    {
        ReadOnlyMemory<byte> rest = payload;
        byte version = Take(ref rest, 1).Span[0];
        if (version != VersionCurrent)
            throw Corrupt(
                $"its version is {version} and this program knows {VersionCurrent}: run a newer program");
        int count = BinaryPrimitives.ReadInt32LittleEndian(Take(ref rest, sizeof(int)).Span);
        if (count < 0 || count > rest.Length)
            throw Corrupt($"it claims {count} batches in {rest.Length} bytes");
        TableBatch[] batches = new TableBatch[count];
        for (int i = 0; i < count; i++)
        {
            TableId table = new(ReadText(ref rest), ReadText(ref rest));
            batches[i] = ReadBatch(table, TakeStream(ref rest), TakeStream(ref rest));
        }

        if (!rest.IsEmpty) throw Corrupt($"{rest.Length} bytes follow its last batch");
        return batches;
    }

    private static TableBatch ReadBatch(
        TableId table, ReadOnlyMemory<byte> series, ReadOnlyMemory<byte> rows)
    {
        try
        {
            TableBatch batch = new(table, ReadStream(series), ReadStream(rows));
            ArrowIntegrity.Require(batch);
            return batch;
        }
        catch (Exception error)
            when (error is not (TsDbException { Kind: ErrorKind.Corrupt } or OutOfMemoryException))
        {
            // Arrow's reader answers damaged metadata with whatever its accessors run into.
            throw new TsDbException(
                ErrorKind.Corrupt, $"a logged batch of {table} cannot be read: {error.Message}", error);
        }
    }

    private static RecordBatch ReadStream(ReadOnlyMemory<byte> bytes)
    {
        ArrowEnvelope.Require(bytes.Span);
        using ArrowStreamReader reader = new(bytes);
        RecordBatch batch = reader.ReadNextRecordBatch() ?? throw Corrupt("a stream has no record batch");
        return batch;
    }

    private static void WriteStream(MemoryStream destination, RecordBatch batch)
    {
        long lengthAt = destination.Position;
        destination.Write(stackalloc byte[sizeof(int)]);
        using (ArrowStreamWriter writer = new(destination, batch.Schema, leaveOpen: true))
        {
            writer.WriteRecordBatch(batch);
            writer.WriteEnd();
        }

        long end = destination.Position;
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, checked((int)(end - lengthAt - sizeof(int))));
        destination.Position = lengthAt;
        destination.Write(length);
        destination.Position = end;
    }

    private static void WriteText(MemoryStream destination, string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);
        destination.Write(length);
        destination.Write(utf8);
    }

    private static string ReadText(ref ReadOnlyMemory<byte> rest) =>
        Encoding.UTF8.GetString(TakeStream(ref rest).Span);

    private static ReadOnlyMemory<byte> TakeStream(ref ReadOnlyMemory<byte> rest) =>
        Take(ref rest, BinaryPrimitives.ReadInt32LittleEndian(Take(ref rest, sizeof(int)).Span));

    private static ReadOnlyMemory<byte> Take(ref ReadOnlyMemory<byte> rest, int length)
    {
        if (length < 0 || length > rest.Length)
            throw Corrupt($"it needs {length} bytes more where {rest.Length} are left");
        ReadOnlyMemory<byte> taken = rest[..length];
        rest = rest[length..];
        return taken;
    }

    private static TsDbException Corrupt(string why) =>
        new(ErrorKind.Corrupt, $"a log payload cannot be read: {why}");
}
