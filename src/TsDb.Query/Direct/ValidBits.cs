using Apache.Arrow;

namespace TsDb.Query.Direct;

/// <summary>Arrow's bits that say which rows have a value.</summary>
internal static class ValidBits
{
    /// <summary>Sets the bits of some rows.</summary>
    public static void Set(Span<byte> bits, int start, int count)
    {
        int end = start + count;
        for (; start < end && (start & 7) != 0; start++) BitUtility.SetBit(bits, start);
        int whole = (end - start) / 8;
        bits.Slice(start / 8, whole).Fill(byte.MaxValue);
        for (start += whole * 8; start < end; start++) BitUtility.SetBit(bits, start);
    }
}
