using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Google.Protobuf;
using TsDb.Adapters.Flight.Protos;
using TsDb.Model;

namespace TsDb.Adapters.Flight;

/// <summary>
/// A few rows as the bare buffers of their columns. Arrow's stream describes itself, which for some dozen
/// rows costs both ends more than the rows: here whoever asked knows what comes. Columns that are equal, such
/// as the counts of several means, come once.
/// </summary>
internal static class PlainColumns
{
    private const int ColumnsMax = 1 << 16;

    /// <summary>The rows, which may outlive their batches; false if a column is of a type that only Arrow's
    /// stream carries.</summary>
    public static bool TryWrite(IReadOnlyList<RecordBatch> batches, ICollection<PlainBatch> written)
    {
        foreach (RecordBatch batch in batches)
        {
            PlainBatch plain = new() { Rows = batch.Length };
            for (int i = 0; i < batch.ColumnCount; i++)
            {
                ArrayData data = batch.Column(i).Data;
                if (EarlierLike(batch, i) is { } earlier)
                {
                    plain.Columns.Add(new PlainColumn { SameAs = (uint)earlier + 1 });
                    continue;
                }

                if (TryWrite(data) is not { } column) return false;
                plain.Columns.Add(column);
            }

            written.Add(plain);
        }

        return true;
    }

    /// <summary>The rows, whose columns have no names. Throws <see cref="ErrorKind.Invalid"/> for bytes that
    /// are none.</summary>
    public static IReadOnlyList<RecordBatch> Read(IReadOnlyList<PlainBatch> batches)
    {
        RecordBatch[] read = new RecordBatch[batches.Count];
        for (int i = 0; i < read.Length; i++) read[i] = Read(batches[i]);
        return read;
    }

    private static RecordBatch Read(PlainBatch batch)
    {
        if (batch.Rows < 0 || batch.Columns.Count > ColumnsMax)
            throw NodeMessages.Wrong($"{batch.Rows} rows of {batch.Columns.Count} columns");
        IArrowArray[] arrays = new IArrowArray[batch.Columns.Count];
        Field[] fields = new Field[arrays.Length];
        for (int i = 0; i < arrays.Length; i++)
        {
            PlainColumn column = batch.Columns[i];
            if (column.SameAs > i) throw NodeMessages.Wrong("a column is said to be like a later one");
            arrays[i] = column.SameAs > 0
                ? arrays[column.SameAs - 1] : ArrowArrayFactory.BuildArray(DataOf(column, batch.Rows));
            fields[i] = new Field("", arrays[i].Data.DataType, nullable: true);
        }

        RecordBatch read = new(new Schema(fields, null), arrays, batch.Rows);
        RowIntegrity.Require(read);
        return read;
    }

    // Of integers, for counts: anything else is seldom equal.
    private static int? EarlierLike(RecordBatch batch, int column)
    {
        ArrayData data = batch.Column(column).Data;
        if (data.Offset != 0 || data.DataType is not (Int16Type or Int32Type or Int64Type)) return null;
        for (int i = column - 1; i >= 0; i--)
        {
            ArrayData other = batch.Column(i).Data;
            if (other.DataType.TypeId == data.DataType.TypeId && other.Offset == 0
                && other.GetNullCount() == 0 && data.GetNullCount() == 0
                && other.Buffers[1].Span.SequenceEqual(data.Buffers[1].Span)) return i;
        }

        return null;
    }

    private static PlainColumn? TryWrite(ArrayData data)
    {
        if (data.Offset != 0 || data.DataType is not ArrowType type || KindOf(type) is not { } kind)
            return null;
        PlainColumn column = new() { Kind = kind, Nulls = data.GetNullCount() };
        if (column.Nulls > 0) column.Validity = Bytes(data, 0);
        switch (type)
        {
            case StringType:
                column.Offsets = Bytes(data, 1);
                column.Values = Bytes(data, 2);
                break;
            case TimestampType time:
                column.Unit = (uint)time.Unit;
                column.Zone = time.Timezone ?? "";
                goto default;
            case Decimal128Type number:
                column.Precision = (uint)number.Precision;
                column.Scale = (uint)number.Scale;
                goto default;
            default:
                column.Values = Bytes(data, 1);
                break;
        }

        return column;
    }

    private static ArrayData DataOf(PlainColumn column, int rows)
    {
        if (column.Nulls < 0 || column.Nulls > rows || (column.Nulls > 0 && column.Validity.Length == 0))
            throw NodeMessages.Wrong($"{column.Nulls} nulls in {rows} rows");
        ArrowBuffer validity = new(column.Validity.Memory);
        ArrowBuffer values = new(column.Values.Memory);
        IArrowType type = TypeOf(column);
        return new ArrayData(
            type, rows, column.Nulls, 0,
            type is StringType ? [validity, new ArrowBuffer(column.Offsets.Memory), values]
                : [validity, values]);
    }

    private static PlainKind? KindOf(ArrowType type) => type switch
    {
        Int16Type => PlainKind.Int16,
        Int32Type => PlainKind.Int32,
        Int64Type => PlainKind.Int64,
        UInt64Type => PlainKind.Uint64,
        DoubleType => PlainKind.Double,
        BooleanType => PlainKind.Boolean,
        StringType => PlainKind.Text,
        TimestampType => PlainKind.Time,
        Decimal128Type => PlainKind.Decimal,
        _ => null,
    };

    private static IArrowType TypeOf(PlainColumn column) => column.Kind switch
    {
        PlainKind.Int16 => Int16Type.Default,
        PlainKind.Int32 => Int32Type.Default,
        PlainKind.Int64 => Int64Type.Default,
        PlainKind.Uint64 => UInt64Type.Default,
        PlainKind.Double => DoubleType.Default,
        PlainKind.Boolean => BooleanType.Default,
        PlainKind.Text => StringType.Default,
        PlainKind.Time => new TimestampType(
            QueryMessages.Known((TimeUnit)column.Unit, "a unit of time"),
            column.Zone.Length == 0 ? null : column.Zone),
        PlainKind.Decimal => new Decimal128Type((int)column.Precision, (int)column.Scale),
        _ => throw NodeMessages.Wrong($"a column is of the unknown kind {column.Kind}"),
    };

    // Only arrays are wrapped. What Arrow's own builders make lies outside the heap and is freed when the
    // last buffer over it is collected, whoever still has its Memory: a message is written when its batch may
    // be gone.
    private static ByteString Bytes(ArrayData data, int buffer)
    {
        ReadOnlyMemory<byte> bytes = data.Buffers[buffer].Memory;
        if (MemoryMarshal.TryGetArray(bytes, out _)) return UnsafeByteOperations.UnsafeWrap(bytes);
        ByteString copy = ByteString.CopyFrom(bytes.Span);
        GC.KeepAlive(data);
        return copy;
    }
}
