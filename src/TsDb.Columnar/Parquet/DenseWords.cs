using Apache.Arrow;

namespace TsDb.Columnar.Parquet;

/// <summary>The 64-bit values of a column that are not null, side by side, as pages hold them.</summary>
internal static class DenseWords
{
    /// <summary>
    /// Values of rows <paramref name="start"/> on. Without nulls this is the column itself; with nulls the
    /// values are copied to <paramref name="scratch"/>, which is enlarged as needed.
    /// </summary>
    public static ReadOnlySpan<long> Of(IArrowArray array, int start, int length, ref long[] scratch)
    {
        ArrayData data = array.Data;
        ReadOnlySpan<long> all = data.Buffers[1].Span.CastTo<long>().Slice(data.Offset + start, length);
        if (array.NullCount == 0) return all;
        if (scratch.Length < length) scratch = new long[length];
        ReadOnlySpan<byte> validity = data.Buffers[0].Span;
        int count = 0;
        for (int i = 0; i < length; i++)
        {
            scratch[count] = all[i];
            count += BitUtility.GetBit(validity, data.Offset + start + i) ? 1 : 0;
        }

        return scratch.AsSpan(0, count);
    }

    /// <summary>1 for each row of the slice that has a value, 0 for the others.</summary>
    public static void Presence(IArrowArray array, int start, Span<byte> isPresent)
    {
        ReadOnlySpan<byte> validity = array.Data.Buffers[0].Span;
        int first = array.Data.Offset + start;
        for (int i = 0; i < isPresent.Length; i++)
            isPresent[i] = BitUtility.GetBit(validity, first + i) ? (byte)1 : (byte)0;
    }
}
