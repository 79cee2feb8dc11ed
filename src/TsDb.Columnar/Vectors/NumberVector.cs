using System.Numerics;
using System.Runtime.CompilerServices;
using Apache.Arrow;

namespace TsDb.Columnar.Vectors;

/// <summary>
/// Numbers: doubles, or 64-bit integers in the narrowest of 16, 32 and 64 bits that holds them all.
/// </summary>
public sealed class NumberVector<T> : ColumnVector
    where T : struct, INumber<T>
{
    private readonly T[] _values;

    internal NumberVector(IArrowArray array, T[] values)
        : base(array) => _values = values;

    /// <summary>By row; where there is no value, any number.</summary>
    public ReadOnlySpan<T> Values => _values;

    /// <inheritdoc/>
    protected override long ValueBytes => (long)_values.Length * Unsafe.SizeOf<T>();
}
