using System.Buffers.Binary;
using TsDb.Model;

namespace TsDb.Columnar;

/// <summary>
/// Looks at the counts in the messages of an Arrow stream before the library does, which makes room for as
/// many columns as a message claims. Layout: Arrow's Message.fbs, and FlatBuffers' tables and vectors.
/// </summary>
internal static class ArrowEnvelope
{
    private const int ContinuationMark = -1;
    private const int SlotHeaderType = 1;
    private const int SlotHeader = 2;
    private const int SlotBodyLength = 3;
    private const byte SchemaMessage = 1;
    private const byte RecordBatchMessage = 3;
    private const int NodeBytes = 16;
    private const int OffsetBytes = 4;

    /// <summary>
    /// Throws <see cref="ErrorKind.Corrupt"/> if a message claims more than its bytes can hold.
    /// </summary>
    public static void Require(ReadOnlySpan<byte> stream)
    {
        while (stream.Length >= 2 * sizeof(int)
            && BinaryPrimitives.ReadInt32LittleEndian(stream) == ContinuationMark)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(stream[sizeof(int)..]);
            if (length == 0) return;
            stream = stream[(2 * sizeof(int))..];
            if (length < 0 || length > stream.Length) throw Wrong();
            long body = RequireMessage(stream[..length]);
            if (body < 0 || body > stream.Length - length) throw Wrong();
            stream = stream[(length + (int)body)..];
        }
    }

    private static long RequireMessage(ReadOnlySpan<byte> message)
    {
        int root = Pointed(message, 0);
        int type = Slot(message, root, SlotHeaderType);
        int header = Slot(message, root, SlotHeader);
        if (type < 0 || header < 0 || type >= message.Length) throw Wrong();
        int table = Pointed(message, header);
        if (message[type] == SchemaMessage) RequireVector(message, table, slot: 1, OffsetBytes);
        if (message[type] == RecordBatchMessage)
        {
            RequireVector(message, table, slot: 1, NodeBytes);
            RequireVector(message, table, slot: 2, NodeBytes);
        }

        int bodyLength = Slot(message, root, SlotBodyLength);
        if (bodyLength < 0) return 0;
        if (bodyLength > message.Length - sizeof(long)) throw Wrong();
        return BinaryPrimitives.ReadInt64LittleEndian(message[bodyLength..]);
    }

    private static void RequireVector(ReadOnlySpan<byte> message, int table, int slot, int bytesPerElement)
    {
        int at = Slot(message, table, slot);
        if (at < 0) return;
        int vector = Pointed(message, at);
        long bytes = (uint)Int32(message, vector) * (long)bytesPerElement;
        if (bytes > message.Length - vector - sizeof(int)) throw Wrong();
    }

    /// <summary>Where a field of a table is; negative if it has its default.</summary>
    private static int Slot(ReadOnlySpan<byte> message, int table, int slot)
    {
        long fields = (long)table - Int32(message, table);
        if (fields < 0 || fields > message.Length - sizeof(ushort)) throw Wrong();
        int at = (int)fields + (2 * sizeof(ushort)) + (slot * sizeof(ushort));
        int length = BinaryPrimitives.ReadUInt16LittleEndian(message[(int)fields..]);
        if (at + sizeof(ushort) > fields + length) return -1;
        if (at > message.Length - sizeof(ushort)) throw Wrong();
        int offset = BinaryPrimitives.ReadUInt16LittleEndian(message[at..]);
        return offset == 0 ? -1 : table + offset;
    }

    /// <summary>The place that an offset at a place leads to.</summary>
    private static int Pointed(ReadOnlySpan<byte> message, int at)
    {
        long place = at + (long)(uint)Int32(message, at);
        return place <= message.Length - sizeof(int) ? (int)place : throw Wrong();
    }

    private static int Int32(ReadOnlySpan<byte> message, int at) => at <= message.Length - sizeof(int)
        ? BinaryPrimitives.ReadInt32LittleEndian(message[at..])
        : throw Wrong();

    private static TsDbException Wrong() =>
        new(ErrorKind.Corrupt, "a logged batch claims more than its bytes can hold");
}
