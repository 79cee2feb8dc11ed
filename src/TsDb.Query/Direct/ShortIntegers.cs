using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace TsDb.Query.Direct;

/// <summary>
/// Integers of rows in as few bytes as decoded columns keep them in: what is measured seldom needs all eight,
/// and those are written, sent and read several times on their way from another node.
/// </summary>
public static class ShortIntegers
{
    /// <summary>The columns of rows that are answered as they lie, with integers as short as all inputs keep
    /// them. What no query has decoded yet stays as it is: to look would cost more.</summary>
    internal static Schema Of(DirectPlan plan, Schema schema, IReadOnlyList<DirectInput> inputs) =>
        inputs.Count == 0 || plan.Groups || !plan.Order.IsEmpty || !plan.NewestBy.IsDefault
            ? schema
            : new Schema(
                schema.FieldsList.Select((field, i) => plan.Outputs[i] is DirectOutput.Value
                {
                    Column: { Source: DirectSource.Field, Type: ResolvedType.BigInt } column,
                } ? Shorten(field, inputs.Max(input => input.Block.IntegerBytes(column.Name) ?? sizeof(long)))
                    : field),
                schema.Metadata);

    /// <summary>The same rows with integers, and sums of integers, in as few bytes as these rows need.
    /// </summary>
    internal static RecordBatch Shorten(RecordBatch batch)
    {
        IArrowArray[] arrays = [.. batch.Arrays.Select(Shorten)];
        return new RecordBatch(
            new Schema(
                batch.Schema.FieldsList.Select((field, i) => new Field(
                    field.Name, arrays[i].Data.DataType, field.IsNullable, field.Metadata)),
                batch.Schema.Metadata),
            arrays,
            batch.Length);
    }

    /// <summary>True for a column that stands for one of eight bytes.</summary>
    public static bool Are(IArrowArray array) => array is Int16Array or Int32Array;

    /// <summary>The same rows with all eight bytes; the columns of <paramref name="schema"/> that are no
    /// integers are taken as they are.</summary>
    public static RecordBatch Widen(RecordBatch batch, Schema schema) =>
        batch.Arrays.Any(Are)
            ? new RecordBatch(
                schema, batch.Arrays.Select(array => Are(array) ? Widen(array) : array), batch.Length)
            : batch;

    /// <summary>Writes the values of a column, however short, one after the other.</summary>
    public static void CopyTo(IArrowArray array, Span<long> values)
    {
        switch (array)
        {
            case Int16Array narrow:
                ReadOnlySpan<short> shorts = narrow.Values;
                for (int i = 0; i < shorts.Length; i++) values[i] = shorts[i];
                break;
            case Int32Array middle:
                ReadOnlySpan<int> ints = middle.Values;
                for (int i = 0; i < ints.Length; i++) values[i] = ints[i];
                break;
            default:
                ((Int64Array)array).Values.CopyTo(values);
                break;
        }
    }

    private static Field Shorten(Field field, int bytes) => bytes switch
    {
        <= sizeof(short) => new Field(field.Name, Int16Type.Default, field.IsNullable, field.Metadata),
        <= sizeof(int) => new Field(field.Name, Int32Type.Default, field.IsNullable, field.Metadata),
        _ => field,
    };

    private static IArrowArray Shorten(IArrowArray array)
    {
        if (array is Int64Array integers) return Shorten(array, integers.Values);
        if (array is not Decimal128Array { Scale: 0, Offset: 0 }) return array;
        ReadOnlySpan<Int128> sums =
            MemoryMarshal.Cast<byte, Int128>(array.Data.Buffers[1].Span)[..array.Length];
        long[] values = new long[sums.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (long)sums[i];
            if (values[i] != sums[i]) return array;
        }

        return Shorten(array, values);
    }

    private static IArrowArray Shorten(IArrowArray array, ReadOnlySpan<long> values)
    {
        if (array.Offset != 0 || values.IsEmpty) return array;
        (long least, long greatest) = (0, 0);
        foreach (long value in values)
        {
            least = Math.Min(least, value);
            greatest = Math.Max(greatest, value);
        }

        if (least >= short.MinValue && greatest <= short.MaxValue)
            return Shorten<short>(array, values, Int16Type.Default);
        return least >= int.MinValue && greatest <= int.MaxValue
            ? Shorten<int>(array, values, Int32Type.Default)
            : Shorten<long>(array, values, Int64Type.Default);
    }

    private static IArrowArray Shorten<T>(IArrowArray array, ReadOnlySpan<long> values, IArrowType type)
        where T : unmanaged, IBinaryInteger<T>
    {
        byte[] bytes = new byte[values.Length * Unsafe.SizeOf<T>()];
        Span<T> narrow = MemoryMarshal.Cast<byte, T>(bytes.AsSpan());
        for (int i = 0; i < narrow.Length; i++) narrow[i] = T.CreateTruncating(values[i]);
        return ArrowArrayFactory.BuildArray(new ArrayData(
            type, array.Length, array.NullCount, 0, [array.Data.Buffers[0], new ArrowBuffer(bytes)]));
    }

    internal static IArrowArray Widen(IArrowArray array)
    {
        OutputValues<long> wide = new(array.Length);
        if (array.NullCount == 0)
        {
            CopyTo(array, wide.SetAll(0, array.Length));
            return wide.Build(Int64Type.Default);
        }

        long[] values = new long[array.Length];
        CopyTo(array, values);
        for (int row = 0; row < values.Length; row++)
        {
            if (array.IsValid(row)) wide.Set(row, values[row]);
        }

        return wide.Build(Int64Type.Default);
    }
}
