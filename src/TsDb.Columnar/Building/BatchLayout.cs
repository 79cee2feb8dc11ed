using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Model;

namespace TsDb.Columnar.Building;

/// <summary>
/// Lays finished columns out as Arrow wants them: every record batch is one block of memory, cut into
/// buffers.
/// </summary>
internal static class BatchLayout
{
    /// <summary>Buffers start at multiples of this, as Arrow advises.</summary>
    private const int AlignmentBytes = 64;

    private static readonly TimestampType TimeType = new(TimeUnit.Nanosecond, "UTC");

    private static readonly Field SeriesField = new("series", Int32Type.Default, nullable: false);

    private static readonly Field TimeField = new("time", TimeType, nullable: false);

    public static RecordBatch Rows(
        ReadOnlySpan<int> series, ReadOnlySpan<long> times, List<FieldColumn> fields)
    {
        int rows = series.Length;
        int size = Aligned(rows * sizeof(int)) + Aligned(rows * sizeof(long));
        foreach (FieldColumn field in fields) size = checked(size + SizeOf(field, rows));
        Block block = new(size);
        List<Field> schema = new(fields.Count + TableBatch.FieldsStart) { SeriesField, TimeField };
        List<IArrowArray> arrays = new(schema.Capacity)
        {
            new Int32Array(block.Add(MemoryMarshal.AsBytes(series)), ArrowBuffer.Empty, rows, 0, 0),
            new TimestampArray(
                TimeType, block.Add(MemoryMarshal.AsBytes(times)), ArrowBuffer.Empty, rows, 0, 0),
        };
        foreach (FieldColumn field in fields)
        {
            IArrowType type = TypeOf(field.Type);
            schema.Add(new Field(field.Name, type, nullable: true));
            arrays.Add(ArrowArrayFactory.BuildArray(FieldData(block, field, type, rows)));
        }

        return new RecordBatch(new Schema(schema, null), arrays, rows);
    }

    public static RecordBatch Series(List<string> tags, SeriesKeys series)
    {
        int count = series.Count;
        int[] textBytes = new int[tags.Count];
        int[] nulls = new int[tags.Count];
        Measure(series, textBytes, nulls);
        int size = 0;
        for (int tag = 0; tag < tags.Count; tag++)
        {
            int validity = nulls[tag] > 0 ? Aligned(BitBytes(count)) : 0;
            size = checked(size + validity + Aligned((count + 1) * sizeof(int)) + Aligned(textBytes[tag]));
        }

        Block block = new(size);
        ArrowBuffer[] validities = new ArrowBuffer[tags.Count];
        ArrowBuffer[] offsets = new ArrowBuffer[tags.Count];
        ArrowBuffer[] texts = new ArrowBuffer[tags.Count];
        for (int tag = 0; tag < tags.Count; tag++)
        {
            if (nulls[tag] > 0) validities[tag] = block.Reserve(BitBytes(count));
            offsets[tag] = block.Reserve((count + 1) * sizeof(int));
            texts[tag] = block.Reserve(textBytes[tag]);
        }

        for (int row = 0; row < count; row++)
        {
            ReadOnlySpan<byte> key = series.KeyOf(row);
            for (int tag = 0; tag < tags.Count; tag++)
            {
                Span<int> ends = MemoryMarshal.Cast<byte, int>(Block.Writable(offsets[tag]));
                bool present = SeriesKeys.TryTake(ref key, out ReadOnlySpan<byte> value);
                value.CopyTo(Block.Writable(texts[tag])[ends[row]..]);
                ends[row + 1] = ends[row] + value.Length;
                if (present && nulls[tag] > 0)
                    Block.Writable(validities[tag])[row >> 3] |= (byte)(1 << (row & 7));
            }
        }

        IEnumerable<IArrowArray> arrays = tags.Select((_, tag) =>
            (IArrowArray)new StringArray(count, offsets[tag], texts[tag], validities[tag], nulls[tag]));
        Schema schema = new(tags.Select(name => new Field(name, StringType.Default, nullable: true)), null);
        return new RecordBatch(schema, arrays, count);
    }

    private static void Measure(SeriesKeys series, int[] textBytes, int[] nulls)
    {
        for (int row = 0; row < series.Count; row++)
        {
            ReadOnlySpan<byte> key = series.KeyOf(row);
            for (int tag = 0; tag < textBytes.Length; tag++)
            {
                if (SeriesKeys.TryTake(ref key, out ReadOnlySpan<byte> value))
                    textBytes[tag] = checked(textBytes[tag] + value.Length);
                else nulls[tag]++;
            }
        }
    }

    private static ArrayData FieldData(Block block, FieldColumn field, IArrowType type, int rows)
    {
        int nulls = field.GapCount + rows - field.Length;
        ArrowBuffer validity = nulls == 0 ? ArrowBuffer.Empty : Validity(block, field, rows);
        ReadOnlySpan<long> cells = field.Cells;
        switch (field.Type)
        {
            case FieldType.Boolean:
                ArrowBuffer bits = block.Reserve(BitBytes(rows));
                Span<byte> packed = Block.Writable(bits);
                for (int row = 0; row < cells.Length; row++)
                    packed[row >> 3] |= (byte)((int)cells[row] << (row & 7));
                return new ArrayData(type, rows, nulls, 0, [validity, bits]);
            case FieldType.String:
                ArrowBuffer offsets = block.Reserve((rows + 1) * sizeof(int));
                Span<int> ends = MemoryMarshal.Cast<byte, int>(Block.Writable(offsets));
                for (int row = 0; row < cells.Length; row++) ends[row + 1] = (int)cells[row];
                ends[(cells.Length + 1)..].Fill(field.Text.Length);
                return new ArrayData(type, rows, nulls, 0, [validity, offsets, block.Add(field.Text)]);
            default:
                ArrowBuffer values = block.Add(MemoryMarshal.AsBytes(cells), rows * sizeof(long));
                return new ArrayData(type, rows, nulls, 0, [validity, values]);
        }
    }

    private static ArrowBuffer Validity(Block block, FieldColumn field, int rows)
    {
        ArrowBuffer buffer = block.Reserve(BitBytes(rows));
        Span<byte> bits = Block.Writable(buffer);
        ReadOnlySpan<bool> present = field.Present;
        for (int row = 0; row < field.Length; row++)
        {
            if (present.IsEmpty || present[row]) bits[row >> 3] |= (byte)(1 << (row & 7));
        }

        return buffer;
    }

    private static int SizeOf(FieldColumn field, int rows)
    {
        int validity = field.GapCount + rows - field.Length == 0 ? 0 : Aligned(BitBytes(rows));
        return validity + field.Type switch
        {
            FieldType.Boolean => Aligned(BitBytes(rows)),
            FieldType.String => checked(Aligned((rows + 1) * sizeof(int)) + Aligned(field.Text.Length)),
            _ => Aligned(rows * sizeof(long)),
        };
    }

    private static IArrowType TypeOf(FieldType type) => type switch
    {
        FieldType.Float64 => DoubleType.Default,
        FieldType.Int64 => Int64Type.Default,
        FieldType.UInt64 => UInt64Type.Default,
        FieldType.Boolean => BooleanType.Default,
        _ => StringType.Default,
    };

    private static int BitBytes(int rows) => (rows + 7) / 8;

    private static int Aligned(int bytes) => checked(bytes + AlignmentBytes - 1) & -AlignmentBytes;

    /// <summary>Memory of a record batch, handed out front to back; what is not written is zero.</summary>
    private sealed class Block(int size)
    {
        private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(size);
        private int _used;

        /// <summary>Zeroed room for <paramref name="bytes"/>.</summary>
        public ArrowBuffer Reserve(int bytes) => Add([], bytes);

        /// <summary>The bytes given.</summary>
        public ArrowBuffer Add(ReadOnlySpan<byte> bytes) => Add(bytes, bytes.Length);

        /// <summary>The bytes given, and zeros up to <paramref name="length"/>.</summary>
        public ArrowBuffer Add(ReadOnlySpan<byte> bytes, int length)
        {
            Memory<byte> room = _bytes.AsMemory(_used, Aligned(length));
            _used += room.Length;
            bytes.CopyTo(room.Span);
            room.Span[bytes.Length..].Clear();
            return new ArrowBuffer(room[..length]);
        }

        /// <summary>The bytes of a buffer that a block reserved.</summary>
        public static Span<byte> Writable(ArrowBuffer buffer) => MemoryMarshal.AsMemory(buffer.Memory).Span;
    }
}
