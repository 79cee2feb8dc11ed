namespace TsDb.Storage.Compaction;

/// <summary>
/// Which files of one (cell, incarnation) become one (DESIGN.md section 7). Ordinals fall into blocks of 8,
/// 64, 512 and so on; a file is made of a whole block, or, once the day is over, of what there is of the last
/// one: of a block of 8 all shipments, of a larger one all that are in whole blocks an eighth its size. So
/// any two files that compaction ever makes are disjoint, or one contains the other, on every replica. Pure.
/// </summary>
public static class CompactionBlocks
{
    private const int BlockBits = 3;

    // A file that is so many times larger than all others together is not written anew for them.
    private const int GrowthMax = 8;

    // Nor, where more of a larger block may come, for each eighth of it.
    private const int GrowthOfPartsMax = 4;

    /// <summary>The files to merge, as places in the list; null for none.</summary>
    /// <param name="runs">The files, by ordinals, none of which overlap.</param>
    /// <param name="limits">Bounds of one merge.</param>
    /// <param name="isClosed">True if no more ordinals are expected.</param>
    public static Range? Find(IReadOnlyList<RunExtent> runs, CompactionLimits limits, bool isClosed)
    {
        if (runs.Count < 2) return null;
        long last = runs[^1].Ordinals.Last.Value;
        int bits = BlockBits;
        while (bits < 60 && 1L << bits < last) bits += BlockBits;
        for (; bits >= BlockBits; bits -= BlockBits)
        {
            if (1L << bits > limits.OrdinalsMax) continue;
            for (int start = 0; start < runs.Count - 1; start++)
            {
                if (End(runs, start, bits, limits, isClosed) is { } end) return start..end;
            }
        }

        return null;
    }

    private static int? End(
        IReadOnlyList<RunExtent> runs, int start, int bits, CompactionLimits limits, bool isClosed)
    {
        long first = runs[start].Ordinals.First.Value - 1;
        if ((first & ((1L << bits) - 1)) != 0) return null;
        long blockEnd = first + (1L << bits);
        long partMask = (1L << (bits - BlockBits)) - 1;
        (int end, long next) = (start, first + 1);
        (long bytes, long rows, long largest) = (0, 0, 0);
        (int End, bool Grows) parts = (start, false);
        for (; end < runs.Count; end++)
        {
            RunExtent run = runs[end];
            if (run.Ordinals.First.Value != next || run.Ordinals.Last.Value > blockEnd) break;
            next = run.Ordinals.Last.Value + 1;
            bytes += run.BytesLength;
            rows += run.Rows;
            largest = Math.Max(largest, run.BytesLength);
            if (bytes > limits.InputBytesMax || rows > limits.RowsMax) return null;
            if (((next - 1) & partMask) != 0) continue;
            int growthMax = bits == BlockBits ? GrowthMax : GrowthOfPartsMax;
            parts = (end + 1, end + 1 - start > growthMax || (bytes - largest) * growthMax >= largest);
        }

        if (end - start < 2) return null;
        if (next == blockEnd + 1) return end;
        bool isLast = isClosed && end == runs.Count;
        return isLast && parts.Grows && parts.End - start >= 2 ? parts.End : null;
    }
}
