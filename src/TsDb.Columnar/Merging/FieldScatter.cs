using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Model;

namespace TsDb.Columnar.Merging;

/// <summary>
/// Writes one field of all inputs to its places in the output. Inputs are written oldest first and only where
/// they have a value, so what stays of equal keys is the newest value that is not null.
/// </summary>
/// <param name="order">Where the rows go.</param>
/// <param name="isMemoryReused">True if numbers may be written over those of the column before.</param>
internal sealed class FieldScatter(RowOrder order, bool isMemoryReused = false)
{
    private readonly int _rows = order.Times.Length;
    private byte[]? _output;
    private byte[]? _isPresent;

    /// <summary>
    /// The output column of <paramref name="field"/>, or null if no output row has a value.
    /// </summary>
    /// <param name="field">Name and type.</param>
    /// <param name="parts">Rows of the inputs one after the other.</param>
    public IArrowArray? Column(Field field, IReadOnlyList<FieldPart> parts)
    {
        if (IsNumber(field) && parts.All(part => part.Array is { NullCount: 0 }))
            return FullWords(field, parts);
        byte[] isPresent = isMemoryReused && _isPresent is not null ? _isPresent : new byte[_rows];
        isPresent.AsSpan().Clear();
        _isPresent = isPresent;
        ArrowBuffer[] buffers = field.DataType.TypeId switch
        {
            ArrowTypeId.String => Texts(parts, isPresent),
            ArrowTypeId.Boolean => Booleans(parts, isPresent),
            _ when IsNumber(field) => Words(parts, isPresent),
            _ => throw new TsDbException(
                ErrorKind.Invalid, $"a field cannot be of type {field.DataType.Name}"),
        };
        int present = isPresent.AsSpan().Count((byte)1);
        if (present == 0) return null;
        ArrowBuffer validity = present == _rows ? ArrowBuffer.Empty : new ArrowBuffer(ToBits(isPresent));
        return ArrowArrayFactory.BuildArray(
            new ArrayData(field.DataType, _rows, _rows - present, 0, [validity, .. buffers]));
    }

    /// <summary>Bits, least significant first, from bytes that are 0 or 1.</summary>
    public static byte[] ToBits(ReadOnlySpan<byte> flags)
    {
        byte[] bits = new byte[(flags.Length + 7) / 8];
        int at = 0;
        for (; at + 8 <= flags.Length; at += 8)
        {
            // Eight flag bytes at once: the product gathers their lowest bits in its highest byte.
            ulong eight = MemoryMarshal.Read<ulong>(flags[at..]);
            bits[at / 8] = (byte)((eight * 0x0102040810204080UL) >> 56);
        }

        for (; at < flags.Length; at++) bits[at / 8] |= (byte)(flags[at] << (at % 8));
        return bits;
    }

    private static bool IsNumber(Field field) =>
        field.DataType.TypeId is ArrowTypeId.Double or ArrowTypeId.Int64 or ArrowTypeId.UInt64;

    private byte[] Output()
    {
        if (isMemoryReused && _output is not null) return _output;
        return _output = GC.AllocateUninitializedArray<byte>(checked(_rows * sizeof(long)));
    }

    /// <summary>Numbers that every input row has: then every output row has one too.</summary>
    private IArrowArray? FullWords(Field field, IReadOnlyList<FieldPart> parts)
    {
        if (_rows == 0) return null;
        byte[] output = Output();
        Span<long> values = MemoryMarshal.Cast<byte, long>(output.AsSpan());
        int offset = 0;
        foreach (FieldPart part in parts)
        {
            ArrayData data = part.Array!.Data;
            ScatterWords(
                data.Buffers[1].Span.CastTo<long>().Slice(data.Offset, part.Rows),
                order.Destinations.AsSpan(offset, part.Rows),
                values);
            offset += part.Rows;
        }

        return ArrowArrayFactory.BuildArray(new ArrayData(
            field.DataType, _rows, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(output)]));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ScatterWords(ReadOnlySpan<long> from, ReadOnlySpan<int> to, Span<long> values)
    {
        for (int row = 0; row < from.Length && row < to.Length; row++)
        {
            // A row that is left out has a place below zero.
            int place = to[row];
            if ((uint)place < (uint)values.Length) values[place] = from[row];
        }
    }

    private ArrowBuffer[] Words(IReadOnlyList<FieldPart> parts, byte[] isPresent)
    {
        byte[] output = Output();
        Span<long> values = MemoryMarshal.Cast<byte, long>(output.AsSpan());
        int offset = 0;
        foreach (FieldPart part in parts)
        {
            ReadOnlySpan<int> to = order.Destinations.AsSpan(offset, part.Rows);
            offset += to.Length;
            if (part.Array is not { } array) continue;
            ArrayData data = array.Data;
            ReadOnlySpan<long> from = data.Buffers[1].Span.CastTo<long>().Slice(data.Offset, to.Length);
            if (array.NullCount == 0)
                ScatterWords(from, to, values, isPresent);
            else
                ScatterWords(from, to, values, isPresent, data.Buffers[0].Span, data.Offset);
        }

        for (int i = 0; i < isPresent.Length; i++)
        {
            if (isPresent[i] == 0) values[i] = 0;
        }

        return [new ArrowBuffer(output)];
    }

    private static void ScatterWords(
        ReadOnlySpan<long> from, ReadOnlySpan<int> to, Span<long> values, Span<byte> isPresent)
    {
        for (int row = 0; row < from.Length;)
        {
            int place = to[row];
            if (place < 0)
            {
                row++;
                continue;
            }

            int length = 1;
            while (row + length < to.Length && to[row + length] == place + length) length++;
            if (length == 1)
            {
                values[place] = from[row];
                isPresent[place] = 1;
            }
            else
            {
                from.Slice(row, length).CopyTo(values[place..]);
                isPresent.Slice(place, length).Fill(1);
            }

            row += length;
        }
    }

    private static void ScatterWords(
        ReadOnlySpan<long> from, ReadOnlySpan<int> to, Span<long> values, Span<byte> isPresent,
        ReadOnlySpan<byte> validity, int start)
    {
        for (int row = 0; row < from.Length; row++)
        {
            int place = to[row];
            if (place < 0 || !BitUtility.GetBit(validity, start + row)) continue;
            values[place] = from[row];
            isPresent[place] = 1;
        }
    }

    private ArrowBuffer[] Booleans(IReadOnlyList<FieldPart> parts, byte[] isPresent)
    {
        byte[] flags = new byte[_rows];
        int offset = 0;
        foreach (FieldPart part in parts)
        {
            ReadOnlySpan<int> to = order.Destinations.AsSpan(offset, part.Rows);
            offset += to.Length;
            if (part.Array is not BooleanArray from) continue;
            bool hasNulls = from.NullCount > 0;
            ReadOnlySpan<byte> bits = from.Data.Buffers[1].Span;
            for (int row = 0; row < to.Length; row++)
            {
                int place = to[row];
                if (place < 0 || (hasNulls && from.IsNull(row))) continue;
                flags[place] = BitUtility.GetBit(bits, from.Data.Offset + row) ? (byte)1 : (byte)0;
                isPresent[place] = 1;
            }
        }

        return [new ArrowBuffer(ToBits(flags))];
    }

    private ArrowBuffer[] Texts(IReadOnlyList<FieldPart> parts, byte[] isPresent)
    {
        int[] winners = new int[_rows];
        int[] lengths = new int[_rows];
        winners.AsSpan().Fill(-1);
        ForEachText(parts, (int source, int place, ReadOnlySpan<byte> text) =>
        {
            winners[place] = source;
            lengths[place] = text.Length;
            isPresent[place] = 1;
        });
        byte[] offsetBytes = new byte[(_rows + 1) * sizeof(int)];
        Span<int> offsets = MemoryMarshal.Cast<byte, int>(offsetBytes.AsSpan());
        long total = 0;
        for (int i = 0; i < _rows; i++)
        {
            total += lengths[i];
            if (total > int.MaxValue)
                throw new TsDbException(
                    ErrorKind.TooLarge, "the text of one column exceeds 2 GiB: merge fewer rows");
            offsets[i + 1] = (int)total;
        }

        byte[] output = GC.AllocateUninitializedArray<byte>((int)total);
        ForEachText(parts, (int source, int place, ReadOnlySpan<byte> text) =>
        {
            if (winners[place] == source)
                text.CopyTo(output.AsSpan(MemoryMarshal.Cast<byte, int>(offsetBytes)[place]));
        });
        return [new ArrowBuffer(offsetBytes), new ArrowBuffer(output)];
    }

    private void ForEachText(IReadOnlyList<FieldPart> parts, TextVisitor visit)
    {
        int offset = 0;
        foreach (FieldPart part in parts)
        {
            ReadOnlySpan<int> to = order.Destinations.AsSpan(offset, part.Rows);
            if (part.Array is StringArray array)
            {
                Utf8Column from = new(array);
                for (int row = 0; row < to.Length; row++)
                {
                    if (to[row] >= 0 && !from.IsNull(row)) visit(offset + row, to[row], from[row]);
                }
            }

            offset += to.Length;
        }
    }

    private delegate void TextVisitor(int source, int place, ReadOnlySpan<byte> text);
}
