using Apache.Arrow;

namespace TsDb.Adapters.DuckDb;

/// <summary>
/// Null bitmaps. Arrow and DuckDB agree: one bit a row, lowest bit first, 1 means that there is a value.
/// DuckDB's words have 64 bits and exist only once asked for.
/// </summary>
internal static unsafe class Validity
{
    /// <summary>True if any row may be null.</summary>
    public static bool HasNulls(ArrayData data) => data.NullCount != 0 && data.Buffers[0].Length > 0;

    /// <summary>True if the row of the array has a value.</summary>
    public static bool IsValid(ReadOnlySpan<byte> bitmap, int bit) =>
        bitmap.IsEmpty || (bitmap[bit >> 3] & (1 << (bit & 7))) != 0;

    /// <summary>Marks rows of the vector as null where those of the array are.</summary>
    public static void Copy(ArrayData data, nint vector, int start, int targetStart, int count)
    {
        if (!HasNulls(data)) return;
        ReadOnlySpan<byte> bitmap = data.Buffers[0].Span;
        ulong* words = Writable(vector);
        int bit = data.Offset + start;
        for (int i = 0; i < count; i++)
        {
            if (!IsValid(bitmap, bit + i)) Clear(words, targetStart + i);
        }
    }

    /// <summary>Marks a run of rows of the vector as null.</summary>
    public static void SetNull(nint vector, int targetStart, int count)
    {
        ulong* words = Writable(vector);
        for (int i = 0; i < count; i++) Clear(words, targetStart + i);
    }

    /// <summary>The words of the vector's bitmap, ready to be written.</summary>
    public static ulong* Writable(nint vector)
    {
        DuckDbNative.VectorEnsureValidityWritable(vector);
        return DuckDbNative.VectorGetValidity(vector);
    }

    /// <summary>Marks one row as null.</summary>
    public static void Clear(ulong* words, int row) => words[row >> 6] &= ~(1UL << (row & 63));
}
