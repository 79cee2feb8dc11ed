using System.Buffers.Binary;

namespace TsDb.Adapters.Flight;

/// <summary>
/// Cuts the bytes of an Arrow IPC stream into its messages. Flight carries header and body of each message
/// apart, and one message per FlightData: a dictionary glued to its record batch is read as garbage by
/// clients.
/// </summary>
internal static class IpcMessages
{
    private const uint Continuation = 0xFFFFFFFF;
    private const int PrefixBytes = 8;

    // Message table of Arrow's Message.fbs: version, header type, header, bodyLength; vtable slots start at
    // 4.
    private const int KindSlot = 4 + (2 * 1);
    private const int HeaderSlot = 4 + (2 * 2);
    private const int BodyLengthSlot = 4 + (2 * 3);

    // RecordBatch table: length, nodes, buffers; DictionaryBatch: id, data (a RecordBatch).
    private const int NodesSlot = 4 + (2 * 1);
    private const int BuffersSlot = 4 + (2 * 2);
    private const int NestedSlot = 4 + (2 * 1);
    private const int ItemBytes = 16;

    // Schema table: endianness, fields, metadata; Field table: name, nullable, two of the type, dictionary,
    // children, metadata.
    private const int FieldsSlot = 4 + (2 * 1);
    private const int SchemaMetadataSlot = 4 + (2 * 2);
    private const int ChildrenSlot = 4 + (2 * 5);
    private const int FieldMetadataSlot = 4 + (2 * 6);
    private const int FieldsMax = 1 << 16;
    private const int DepthMax = 16;
    private const byte KindSchema = 1;
    private const byte KindDictionary = 2;
    private const byte KindRows = 3;

    /// <summary>
    /// Takes the next message off <paramref name="stream"/>; false at its end or at the end-of-stream mark.
    /// Throws
    /// <see cref="InvalidDataException"/> when a length points outside.
    /// </summary>
    public static bool TryTake(
        ref ReadOnlyMemory<byte> stream, out ReadOnlyMemory<byte> header, out ReadOnlyMemory<byte> body)
    {
        header = body = default;
        if (stream.Length < PrefixBytes) return false;
        ReadOnlySpan<byte> prefix = stream.Span;
        if (BinaryPrimitives.ReadUInt32LittleEndian(prefix) != Continuation)
            throw new InvalidDataException("an Arrow IPC message does not start with the continuation mark");
        int headerBytes = BinaryPrimitives.ReadInt32LittleEndian(prefix[4..]);
        if (headerBytes == 0) return false;
        if (headerBytes < 0 || headerBytes > stream.Length - PrefixBytes)
            throw new InvalidDataException("an Arrow IPC header is longer than its stream");
        header = stream.Slice(PrefixBytes, headerBytes);
        long bodyBytes = BodyLength(header.Span);
        if (bodyBytes < 0 || bodyBytes > stream.Length - PrefixBytes - headerBytes)
            throw new InvalidDataException("an Arrow IPC body is longer than its stream");
        body = stream.Slice(PrefixBytes + headerBytes, (int)bodyBytes);
        stream = stream[(PrefixBytes + headerBytes + (int)bodyBytes)..];
        return true;
    }

    /// <summary>
    /// Throws <see cref="InvalidDataException"/> if the lists in a message's header claim more items than the
    /// header has room for: Arrow's reader makes room for what is claimed.
    /// </summary>
    public static void RequireBounded(ReadOnlySpan<byte> header)
    {
        int message = ReadInt(header, 0);
        int kind = FieldOf(header, message, KindSlot);
        int batch = Child(header, message, HeaderSlot);
        if (kind == 0 || batch == 0) return;
        byte what = Bounded(header, kind, 1)[0];
        if (what == KindSchema)
        {
            int left = FieldsMax;
            RequireList(header, Child(header, batch, SchemaMetadataSlot), sizeof(int));
            RequireFields(header, Child(header, batch, FieldsSlot), 0, ref left);
            return;
        }

        if (what == KindDictionary) batch = Child(header, batch, NestedSlot);
        else if (what != KindRows) return;
        if (batch == 0) return;
        RequireList(header, Child(header, batch, NodesSlot), ItemBytes);
        RequireList(header, Child(header, batch, BuffersSlot), ItemBytes);
    }

    /// <summary>Writes what precedes a header in a stream.</summary>
    public static void WritePrefix(Span<byte> destination, int headerBytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, Continuation);
        BinaryPrimitives.WriteInt32LittleEndian(destination[4..], headerBytes);
    }

    private static long BodyLength(ReadOnlySpan<byte> header)
    {
        int at = FieldOf(header, ReadInt(header, 0), BodyLengthSlot);
        return at == 0 ? 0 : BinaryPrimitives.ReadInt64LittleEndian(Bounded(header, at, sizeof(long)));
    }

    // Fields may share their children, so that few bytes stand for many fields.
    private static void RequireFields(ReadOnlySpan<byte> header, int list, int depth, ref int left)
    {
        RequireList(header, list, sizeof(int));
        int count = list == 0 ? 0 : ReadInt(header, list);
        left -= count;
        if (left < 0 || depth > DepthMax)
            throw new InvalidDataException("an Arrow IPC schema has too many fields");
        for (int i = 0; i < count; i++)
        {
            int field = Follow(header, list + (sizeof(int) * (i + 1)));
            RequireList(header, Child(header, field, FieldMetadataSlot), sizeof(int));
            RequireFields(header, Child(header, field, ChildrenSlot), depth + 1, ref left);
        }
    }

    private static void RequireList(ReadOnlySpan<byte> header, int list, int itemBytes)
    {
        if (list != 0 && (uint)ReadInt(header, list) > (header.Length - list) / itemBytes)
            throw new InvalidDataException("an Arrow IPC header is shorter than its lists");
    }

    // Where a field of a table lies; 0 if the table has none.
    private static int FieldOf(ReadOnlySpan<byte> header, int table, int slot)
    {
        int vtable = checked(table - ReadInt(header, table));
        if (ReadShort(header, vtable) <= slot) return 0;
        int offset = ReadShort(header, checked(vtable + slot));
        return offset == 0 ? 0 : checked(table + offset);
    }

    // What a field points to; 0 if the table has none.
    private static int Child(ReadOnlySpan<byte> header, int table, int slot)
    {
        int at = FieldOf(header, table, slot);
        return at == 0 ? 0 : Follow(header, at);
    }

    // Offsets lead forward, so nothing can contain itself.
    private static int Follow(ReadOnlySpan<byte> header, int at)
    {
        int offset = ReadInt(header, at);
        return offset > 0
            ? checked(at + offset)
            : throw new InvalidDataException("an Arrow IPC header points backward");
    }

    private static int ReadInt(ReadOnlySpan<byte> bytes, int at) =>
        BinaryPrimitives.ReadInt32LittleEndian(Bounded(bytes, at, sizeof(int)));

    private static int ReadShort(ReadOnlySpan<byte> bytes, int at) =>
        BinaryPrimitives.ReadUInt16LittleEndian(Bounded(bytes, at, sizeof(ushort)));

    private static ReadOnlySpan<byte> Bounded(ReadOnlySpan<byte> bytes, int at, int length) =>
        at >= 0 && at <= bytes.Length - length
            ? bytes.Slice(at, length)
            : throw new InvalidDataException("an Arrow IPC header points outside itself");
}
