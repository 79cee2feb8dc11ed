using System.Buffers;
using System.Text;
using Apache.Arrow;
using TsDb.Columnar.Parquet;
using TsDb.Model;

namespace TsDb.Columnar.Packing;

/// <summary>Appends table batches to a payload column by column; <see cref="BatchUnpacker"/> reads them.
/// </summary>
internal static class BatchPacker
{
    public static void Write(TableBatch batch, ByteSink sink)
    {
        WriteText(batch.Table.Database, sink);
        WriteText(batch.Table.Table, sink);
        WriteSeries(batch.Series, sink);
        sink.WriteInt32(batch.RowCount);
        long[] words = ArrayPool<long>.Shared.Rent(batch.RowCount);
        for (int row = 0; row < batch.RowCount; row++) words[row] = batch.SeriesIndex[row];
        // A byte a row at least: so the rows that a payload claims are bounded by its length.
        WordPacking.Write(words.AsSpan(0, batch.RowCount), sink, widthMin: 1);
        ArrayPool<long>.Shared.Return(words);
        WordPacking.WriteTimes(batch.Times, sink);
        sink.WriteInt32(batch.Rows.ColumnCount - TableBatch.FieldsStart);
        for (int i = TableBatch.FieldsStart; i < batch.Rows.ColumnCount; i++)
            WriteField(batch.Rows.Schema.GetFieldByIndex(i).Name, batch.Rows.Column(i), sink);
    }

    private static void WriteSeries(RecordBatch series, ByteSink sink)
    {
        sink.WriteInt32(series.Length);
        sink.WriteInt32(series.ColumnCount);
        for (int tag = 0; tag < series.ColumnCount; tag++)
        {
            WriteText(series.Schema.GetFieldByIndex(tag).Name, sink);
            WriteColumn(FieldType.String, series.Column(tag), sink);
        }
    }

    private static void WriteField(string name, IArrowArray array, ByteSink sink)
    {
        WriteText(name, sink);
        FieldType type = array switch
        {
            StringArray => FieldType.String,
            BooleanArray => FieldType.Boolean,
            DoubleArray => FieldType.Float64,
            UInt64Array => FieldType.UInt64,
            Int64Array => FieldType.Int64,
            _ => throw new TsDbException(
                ErrorKind.Invalid, $"field '{name}' is of type {array.Data.DataType.Name}"),
        };
        sink.Write((byte)type);
        WriteColumn(type, array, sink);
    }

    private static void WriteColumn(FieldType type, IArrowArray array, ByteSink sink)
    {
        ArrayData data = array.Data;
        bool hasNulls = array.NullCount > 0;
        sink.Write(hasNulls ? (byte)1 : (byte)0);
        if (hasNulls) WriteBits(data.Buffers[0].Span, data.Offset, data.Length, sink);
        switch (type)
        {
            case FieldType.String:
                WriteTexts(data, sink);
                break;
            case FieldType.Boolean:
                WriteBits(data.Buffers[1].Span, data.Offset, data.Length, sink);
                break;
            default:
                WordPacking.Write(data.Buffers[1].Span.CastTo<long>().Slice(data.Offset, data.Length), sink);
                break;
        }
    }

    private static void WriteTexts(ArrayData data, ByteSink sink)
    {
        if (data.Length == 0) return;
        ReadOnlySpan<int> offsets = data.Buffers[1].Span.CastTo<int>().Slice(data.Offset, data.Length + 1);
        long[] lengths = ArrayPool<long>.Shared.Rent(data.Length);
        for (int i = 0; i < data.Length; i++) lengths[i] = offsets[i + 1] - offsets[i];
        WordPacking.Write(lengths.AsSpan(0, data.Length), sink);
        ArrayPool<long>.Shared.Return(lengths);
        sink.Write(data.Buffers[2].Span[offsets[0]..offsets[^1]]);
    }

    private static void WriteBits(ReadOnlySpan<byte> bits, int start, int count, ByteSink sink)
    {
        Span<byte> room = sink.Take((count + 7) / 8);
        if (start % 8 == 0)
        {
            bits.Slice(start / 8, room.Length).CopyTo(room);
            return;
        }

        room.Clear();
        for (int i = 0; i < count; i++)
        {
            if (BitUtility.GetBit(bits, start + i)) BitUtility.SetBit(room, i);
        }
    }

    private static void WriteText(string text, ByteSink sink)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        sink.WriteInt32(length);
        Encoding.UTF8.GetBytes(text, sink.Take(length));
    }
}
