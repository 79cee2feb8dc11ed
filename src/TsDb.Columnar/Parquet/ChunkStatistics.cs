namespace TsDb.Columnar.Parquet;

/// <summary>
/// What readers may prune by. Bounds are left out where they would be wrong or large: all values null, a NaN
/// among the doubles, text longer than <see cref="TextBytesMax"/>.
/// </summary>
/// <param name="NullCount">Rows without a value.</param>
/// <param name="Min">The least value, plain encoded; null if unknown.</param>
/// <param name="Max">The greatest value, plain encoded; null if unknown.</param>
internal sealed record ChunkStatistics(long NullCount, byte[]? Min, byte[]? Max)
{
    public const int TextBytesMax = 64;

    public static readonly ChunkStatistics None = new(0, null, null);

    public static ChunkStatistics OfSigned(ReadOnlySpan<long> values, long nullCount)
    {
        if (values.IsEmpty) return new ChunkStatistics(nullCount, null, null);
        (long min, long max) = WordBounds.Of(values);
        return new ChunkStatistics(nullCount, BitConverter.GetBytes(min), BitConverter.GetBytes(max));
    }

    public static ChunkStatistics OfUnsigned(ReadOnlySpan<long> values, long nullCount)
    {
        if (values.IsEmpty) return new ChunkStatistics(nullCount, null, null);
        (ulong min, ulong max) = ((ulong)values[0], (ulong)values[0]);
        foreach (long value in values)
        {
            min = Math.Min(min, (ulong)value);
            max = Math.Max(max, (ulong)value);
        }

        return new ChunkStatistics(nullCount, BitConverter.GetBytes(min), BitConverter.GetBytes(max));
    }

    public static ChunkStatistics OfDoubles(ReadOnlySpan<long> words, long nullCount)
    {
        if (words.IsEmpty) return new ChunkStatistics(nullCount, null, null);
        (double min, double max) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (long word in words)
        {
            double value = BitConverter.Int64BitsToDouble(word);
            if (double.IsNaN(value)) return new ChunkStatistics(nullCount, null, null);
            min = value < min ? value : min;
            max = value > max ? value : max;
        }

        // Readers may order the two zeros or not: the bounds hold either way (parquet.thrift, ColumnOrder).
        if (min == 0) min = -0.0;
        if (max == 0) max = 0.0;
        return new ChunkStatistics(nullCount, BitConverter.GetBytes(min), BitConverter.GetBytes(max));
    }
}
