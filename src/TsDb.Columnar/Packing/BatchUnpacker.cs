using System.Runtime.InteropServices;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Columnar.Merging;
using TsDb.Columnar.Parquet;
using TsDb.Model;

namespace TsDb.Columnar.Packing;

/// <summary>
/// Reads what <see cref="BatchPacker"/> wrote. The batches have memory of their own. Bytes that are wrong end
/// in <see cref="ErrorKind.Corrupt"/>.
/// </summary>
internal static class BatchUnpacker
{
    /// <summary>Values that one table of a payload may have, absent ones included.</summary>
    private const long CellsMax = 1L << 28;

    public static TableBatch Read(ref ByteSource source)
    {
        TableId table = new(ReadText(ref source), ReadText(ref source));
        RecordBatch series = ReadSeries(ref source);
        int rows = ReadCount(ref source);
        long[] words = Words(ref source, rows, source.Remaining);
        int[] index = new int[rows];
        for (int row = 0; row < rows; row++)
        {
            if ((ulong)words[row] >= (ulong)series.Length)
                throw Damage.Found($"a row names series {words[row]} of {series.Length}");
            index[row] = (int)words[row];
        }

        WordPacking.Read(ref source, words);
        List<Field> fields = [RowColumns.SeriesField, RowColumns.TimeField];
        List<IArrowArray> arrays = [RowColumns.Series(index), RowColumns.Times(words)];
        int count = ReadCount(ref source);
        if ((long)count * rows > CellsMax) throw Damage.Found($"{count} fields of {rows} rows");
        for (int i = 0; i < count; i++)
        {
            string name = ReadText(ref source);
            FieldType type = (FieldType)source.ReadByte();
            if (!Enum.IsDefined(type)) throw Damage.Found($"a field of type {(int)type}");
            IArrowArray array = ReadColumn(ref source, type, rows);
            fields.Add(new Field(name, array.Data.DataType, nullable: true));
            arrays.Add(array);
        }

        return new TableBatch(table, series, new RecordBatch(new Schema(fields, null), arrays, rows));
    }

    private static RecordBatch ReadSeries(ref ByteSource source)
    {
        int count = ReadCount(ref source);
        int tags = ReadCount(ref source);
        if ((long)count * tags > CellsMax || (tags > 0 && count > source.Remaining * 8L))
            throw Damage.Found($"{count} series of {tags} tags");
        List<Field> fields = [];
        List<IArrowArray> arrays = [];
        for (int tag = 0; tag < tags; tag++)
        {
            fields.Add(new Field(ReadText(ref source), StringType.Default, nullable: true));
            arrays.Add(ReadColumn(ref source, FieldType.String, count));
        }

        return new RecordBatch(new Schema(fields, null), arrays, count);
    }

    private static IArrowArray ReadColumn(ref ByteSource source, FieldType type, int rows)
    {
        byte[]? validity = source.ReadByte() switch
        {
            0 => null,
            1 => source.Take((rows + 7) / 8).ToArray(),
            byte other => throw Damage.Found($"a column whose null flag is {other}"),
        };
        int nulls = validity is null ? 0 : rows - CountOf(validity, rows);
        ArrowBuffer bits = nulls == 0 ? ArrowBuffer.Empty : new ArrowBuffer(validity);
        ArrowBuffer[] values = type switch
        {
            FieldType.String => Texts(ref source, rows),
            FieldType.Boolean => [new ArrowBuffer(source.Take((rows + 7) / 8).ToArray())],
            _ => Numbers(ref source, rows),
        };
        return ArrowArrayFactory.BuildArray(
            new ArrayData(RowColumns.TypeOf(type), rows, nulls, 0, [bits, .. values]));
    }

    private static int CountOf(byte[] bits, int rows)
    {
        // What lies behind the last row counts for nothing.
        if (rows % 8 != 0) bits[^1] &= (byte)((1 << (rows % 8)) - 1);
        int count = 0;
        foreach (byte eight in bits) count += System.Numerics.BitOperations.PopCount(eight);
        return count;
    }

    private static ArrowBuffer[] Numbers(ref ByteSource source, int rows)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>(checked(rows * sizeof(long)));
        WordPacking.Read(ref source, MemoryMarshal.Cast<byte, long>(bytes.AsSpan()));
        return [new ArrowBuffer(bytes)];
    }

    private static ArrowBuffer[] Texts(ref ByteSource source, int rows)
    {
        byte[] offsetBytes = new byte[checked((rows + 1) * sizeof(int))];
        if (rows == 0) return [new ArrowBuffer(offsetBytes), ArrowBuffer.Empty];
        Span<int> offsets = MemoryMarshal.Cast<byte, int>(offsetBytes.AsSpan());
        long[] lengths = new long[rows];
        WordPacking.Read(ref source, lengths);
        long end = 0;
        for (int i = 0; i < rows; i++)
        {
            if (lengths[i] < 0 || lengths[i] > source.Remaining - end)
                throw Damage.Found($"a text of {lengths[i]} bytes where {source.Remaining - end} are left");
            end += lengths[i];
            offsets[i + 1] = (int)end;
        }

        return [new ArrowBuffer(offsetBytes), new ArrowBuffer(source.Take((int)end).ToArray())];
    }

    private static long[] Words(ref ByteSource source, int count, int countMax)
    {
        if (count > countMax) throw Damage.Found($"{count} rows in {countMax} bytes");
        long[] words = new long[count];
        WordPacking.Read(ref source, words);
        return words;
    }

    private static int ReadCount(ref ByteSource source)
    {
        int count = source.ReadInt32();
        return count < 0 ? throw Damage.Found($"a count of {count}") : count;
    }

    private static string ReadText(ref ByteSource source) =>
        Encoding.UTF8.GetString(source.Take(source.ReadInt32()));
}
