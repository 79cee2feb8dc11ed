using Apache.Arrow;

namespace TsDb.Columnar.Vectors;

/// <summary>
/// The decoded values of one column, kept for queries to come. Immutable; safe for any number of threads.
/// </summary>
public abstract class ColumnVector
{
    private readonly ulong[]? _validity;

    /// <summary>Takes the validity of an Arrow array whose values are kept.</summary>
    protected ColumnVector(IArrowArray array)
    {
        Length = array.Length;
        if (array.NullCount == 0) return;
        _validity = new ulong[(array.Length + 63) / 64];
        ReadOnlySpan<byte> bits = array.Data.Buffers[0].Span;
        for (int row = 0; row < array.Length; row++)
        {
            if (BitUtility.GetBit(bits, array.Data.Offset + row)) _validity[row >> 6] |= 1UL << row;
        }
    }

    /// <summary>Number of rows.</summary>
    public int Length { get; }

    /// <summary>True if some row has no value.</summary>
    public bool HasNulls => _validity is not null;

    /// <summary>Bytes of memory it takes.</summary>
    public long Bytes => ValueBytes + (_validity is null ? 0 : (long)_validity.Length * sizeof(ulong));

    /// <summary>Bytes of memory that the values take.</summary>
    protected abstract long ValueBytes { get; }

    /// <summary>True if the row has a value.</summary>
    public bool IsValid(int row) => _validity is null || (_validity[row >> 6] >> row & 1) != 0;

    /// <summary>
    /// Hands a column of integers to the visitor in the width it has; false if it is of another kind.
    /// </summary>
    public bool Visit<TVisitor>(ref TVisitor visitor)
        where TVisitor : IIntegerVisitor, allows ref struct
    {
        switch (this)
        {
            case NumberVector<short> narrow: visitor.Visit(narrow); return true;
            case NumberVector<int> middle: visitor.Visit(middle); return true;
            case NumberVector<long> wide: visitor.Visit(wide); return true;
            default: return false;
        }
    }

    /// <summary>The column as a vector, in the narrowest form that holds its values.</summary>
    public static ColumnVector Of(IArrowArray array) => array switch
    {
        Int64Array integers => OfIntegers(integers),
        DoubleArray doubles => new NumberVector<double>(array, doubles.Values.ToArray()),
        _ => new ArrayVector(array),
    };

    private static ColumnVector OfIntegers(Int64Array array)
    {
        ReadOnlySpan<long> values = array.Values;
        (long min, long max) = (0, 0);
        foreach (long value in values)
        {
            min = Math.Min(min, value);
            max = Math.Max(max, value);
        }

        if (min >= short.MinValue && max <= short.MaxValue)
            return new NumberVector<short>(array, Narrow<short>(values));
        if (min >= int.MinValue && max <= int.MaxValue)
            return new NumberVector<int>(array, Narrow<int>(values));
        return new NumberVector<long>(array, values.ToArray());
    }

    private static T[] Narrow<T>(ReadOnlySpan<long> values)
        where T : struct, System.Numerics.INumber<T>
    {
        T[] narrow = GC.AllocateUninitializedArray<T>(values.Length);
        for (int i = 0; i < narrow.Length; i++) narrow[i] = T.CreateTruncating(values[i]);
        return narrow;
    }
}
