using System.Buffers.Binary;
using System.Text;
using TsDb.Model;

namespace TsDb.Codec.Wal;

/// <summary>The batches inside a frame: for each its table and the bytes of the batch. Format: FORMAT.md.</summary>
public static class WalPayload
{
    /// <summary>Bytes in front of the first batch.</summary>
    public const int HeaderLength = sizeof(uint);

    /// <summary>Bytes that a batch takes in the payload, its own included.</summary>
    public static int LengthOf(TableId table, int batchLength) => checked(
        (2 * sizeof(ushort)) + Encoding.UTF8.GetByteCount(table.Database) + Encoding.UTF8.GetByteCount(table.Table)
        + sizeof(uint) + batchLength);

    /// <summary>Writes the number of batches.</summary>
    public static void WriteCount(Span<byte> destination, int count) =>
        BinaryPrimitives.WriteInt32LittleEndian(destination, count);

    /// <summary>Writes what stands in front of a batch's bytes; returns how long that is.</summary>
    public static int WriteBatchHeader(Span<byte> destination, TableId table, int batchLength)
    {
        int at = WriteText(destination, table.Database);
        at += WriteText(destination[at..], table.Table);
        BinaryPrimitives.WriteInt32LittleEndian(destination[at..], batchLength);
        return at + sizeof(uint);
    }

    /// <summary>
    /// Calls <paramref name="each"/> for every batch in order. Throws <see cref="ErrorKind.Corrupt"/> if a length points
    /// behind the payload.
    /// </summary>
    public static void Read(ReadOnlySpan<byte> payload, Action<TableId, byte[]> each)
    {
        int count = BinaryPrimitives.ReadInt32LittleEndian(Take(ref payload, sizeof(int)));
        for (int i = 0; i < count; i++)
        {
            string database = ReadText(ref payload);
            string table = ReadText(ref payload);
            int length = BinaryPrimitives.ReadInt32LittleEndian(Take(ref payload, sizeof(int)));
            each(new TableId(database, table), Take(ref payload, length).ToArray());
        }

        if (!payload.IsEmpty)
            throw new TsDbException(ErrorKind.Corrupt, $"a log frame has {payload.Length} bytes behind its last batch");
    }

    private static int WriteText(Span<byte> destination, string text)
    {
        int length = Encoding.UTF8.GetBytes(text, destination[sizeof(ushort)..]);
        BinaryPrimitives.WriteUInt16LittleEndian(destination, checked((ushort)length));
        return sizeof(ushort) + length;
    }

    private static string ReadText(ref ReadOnlySpan<byte> rest) => Encoding.UTF8.GetString(
        Take(ref rest, BinaryPrimitives.ReadUInt16LittleEndian(Take(ref rest, sizeof(ushort)))));

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, int length)
    {
        if ((uint)length > (uint)rest.Length)
        {
            throw new TsDbException(
                ErrorKind.Corrupt, $"a log frame ends early: {length} bytes wanted, {rest.Length} there");
        }

        ReadOnlySpan<byte> taken = rest[..length];
        rest = rest[length..];
        return taken;
    }
}
