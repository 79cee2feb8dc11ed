using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Model;

namespace TsDb.Adapters.Flight;

/// <summary>
/// Checks what Arrow's arrays take on trust of rows that came over a broker or a line: that buffers are as
/// long as the row count says, that offsets rise and stay inside what they point to. Whoever reads rows by
/// pointers relies on it.
/// </summary>
internal static class RowIntegrity
{
    private const int WideBytes = 16;
    private const int DepthMax = 16;

    /// <summary>Throws <see cref="ErrorKind.Invalid"/> unless the batch holds what it says.</summary>
    public static void Require(RecordBatch batch)
    {
        for (int i = 0; i < batch.ColumnCount; i++)
        {
            ArrayData data = batch.Column(i).Data;
            if (data.Length != batch.Length)
                throw Wrong($"a column has {data.Length} rows of {batch.Length}");
            Require(data, depth: 0);
        }
    }

    private static void Require(ArrayData data, int depth)
    {
        if (depth > DepthMax) throw Wrong("columns nest too deep");
        if (data.Length < 0 || data.Offset < 0) throw Wrong("a column has less than no rows");
        long end = (long)data.Offset + data.Length;
        if (data.DataType is NullType) return;
        long nullBits = data.Buffers[0].Length * 8L;
        if (nullBits > 0 && nullBits < end) throw Wrong("a column's null bits are cut short");
        switch (data.DataType)
        {
            case BooleanType:
                RequireBytes(data, (end + 7) / 8);
                break;
            case StringType or BinaryType:
                RequireOffsets(data, end, data.Buffers[2].Length);
                break;
            case DictionaryType { IndexType: Int32Type }:
                RequireBytes(data, end * sizeof(int));
                if (data.Dictionary is not { DataType: StringType or BinaryType } dictionary)
                    throw Wrong("a column has no dictionary of texts");
                Require(dictionary, depth + 1);
                break;
            case Decimal128Type or IntervalType:
                RequireBytes(data, end * WideBytes);
                break;
            case ListType:
                RequireOffsets(data, end, data.Children[0].Length);
                Require(data.Children[0], depth + 1);
                break;
            case StructType:
                foreach (ArrayData child in data.Children)
                {
                    if (child.Length < end) throw Wrong("a part of a column is shorter than the column");
                    Require(child, depth + 1);
                }

                break;
            case FixedWidthType value:
                RequireBytes(data, end * (value.BitWidth / 8));
                break;
            default:
                throw Wrong($"a column has the unexpected type {data.DataType.Name}");
        }
    }

    private static void RequireBytes(ArrayData data, long bytes)
    {
        if (data.Buffers[1].Length < bytes) throw Wrong("a column's values are cut short");
    }

    private static void RequireOffsets(ArrayData data, long end, long valuesLength)
    {
        if (data.Length == 0) return;
        RequireBytes(data, (end + 1) * sizeof(int));
        ReadOnlySpan<int> offsets =
            MemoryMarshal.Cast<byte, int>(data.Buffers[1].Span).Slice(data.Offset, data.Length + 1);
        int last = offsets[0];
        if (last < 0) throw Wrong("values start before their buffer");
        foreach (int offset in offsets)
        {
            if (offset < last) throw Wrong("offsets of values fall");
            last = offset;
        }

        if (last > valuesLength) throw Wrong("values end behind their buffer");
    }

    private static TsDbException Wrong(string why) =>
        new(ErrorKind.Invalid, $"rows from elsewhere are damaged: {why}");
}
