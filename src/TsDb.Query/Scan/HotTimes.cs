using System.Runtime.CompilerServices;
using TsDb.Columnar;
using TsDb.Model;

namespace TsDb.Query.Scan;

/// <summary>
/// Where on the time axis hot rows lie. One range would be too coarse: a single late point would seem to
/// overlap every segment since, and all of them would be merged.
/// </summary>
public static class HotTimes
{
    private const int BucketsPerBatch = 64;

    // Batches are immutable and live through many queries; the answer is kept as long as the batch.
    private static readonly ConditionalWeakTable<TableBatch, TimeRange[]> Known = [];

    /// <summary>
    /// The disjoint ranges, in order, that hold all times of the batches. Touching ranges are one.
    /// </summary>
    public static IReadOnlyList<TimeRange> Of(IEnumerable<TableBatch> batches)
    {
        List<TimeRange> union = [];
        foreach (TimeRange range in batches
            .SelectMany(batch => Known.GetValue(batch, static b => Ranges(b.Times)))
            .OrderBy(range => range.StartNanoseconds))
        {
            if (union.Count > 0 && range.StartNanoseconds <= union[^1].EndNanoseconds)
                union[^1] = union[^1].Union(range);
            else
                union.Add(range);
        }

        return union;
    }

    /// <summary>True if the batch has a stretch of times in the window.</summary>
    public static bool Reach(TableBatch batch, TimeRange window)
    {
        foreach (TimeRange range in Known.GetValue(batch, static b => Ranges(b.Times)))
        {
            if (range.Overlaps(window)) return true;
        }

        return false;
    }

    // Buckets of equal width between first and last; of each only the times that occur count.
    private static TimeRange[] Ranges(ReadOnlySpan<long> times)
    {
        if (times.IsEmpty) return [];
        (long first, long last) = (long.MaxValue, long.MinValue);
        foreach (long time in times) (first, last) = (Math.Min(first, time), Math.Max(last, time));
        UInt128 width = ((UInt128)((Int128)last - first) / BucketsPerBatch) + 1;
        Span<long> low = stackalloc long[BucketsPerBatch];
        Span<long> high = stackalloc long[BucketsPerBatch];
        low.Fill(long.MaxValue);
        high.Fill(long.MinValue);
        ulong width64 = (ulong)width;
        foreach (long time in times)
        {
            int bucket = (int)(unchecked((ulong)time - (ulong)first) / width64);
            (low[bucket], high[bucket]) = (Math.Min(low[bucket], time), Math.Max(high[bucket], time));
        }

        List<TimeRange> ranges = [];
        bool wasUsed = false;
        for (int i = 0; i < BucketsPerBatch; i++)
        {
            bool isUsed = low[i] <= high[i];
            if (isUsed)
            {
                // Neighbouring buckets count as one stretch: a steady stream is not cut into pieces.
                TimeRange range = TimeRange.Of(low[i], high[i]);
                if (wasUsed) ranges[^1] = ranges[^1].Union(range);
                else ranges.Add(range);
            }

            wasUsed = isUsed;
        }

        return [.. ranges];
    }
}
