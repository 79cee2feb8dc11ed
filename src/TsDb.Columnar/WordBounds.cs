using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace TsDb.Columnar;

/// <summary>The least and the greatest of signed 64-bit numbers.</summary>
internal static class WordBounds
{
    /// <summary>Both; (0, 0) of no numbers.</summary>
    public static (long Min, long Max) Of(ReadOnlySpan<long> words)
    {
        if (words.IsEmpty) return (0, 0);
        (long min, long max) = (words[0], words[0]);
        int at = 0;
        if (Vector256.IsHardwareAccelerated && words.Length >= 2 * Vector256<long>.Count)
        {
            ReadOnlySpan<Vector256<long>> vectors = MemoryMarshal.Cast<long, Vector256<long>>(words);
            (Vector256<long> low, Vector256<long> high) = (vectors[0], vectors[0]);
            foreach (Vector256<long> four in vectors)
            {
                low = Vector256.Min(low, four);
                high = Vector256.Max(high, four);
            }

            for (int i = 0; i < Vector256<long>.Count; i++)
                (min, max) = (Math.Min(min, low[i]), Math.Max(max, high[i]));
            at = vectors.Length * Vector256<long>.Count;
        }

        foreach (long word in words[at..]) (min, max) = (Math.Min(min, word), Math.Max(max, word));
        return (min, max);
    }
}
