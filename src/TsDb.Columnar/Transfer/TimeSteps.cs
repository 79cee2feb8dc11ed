namespace TsDb.Columnar.Transfer;

/// <summary>The grid that the times of rows lie on.</summary>
/// <param name="Unit">Every time is the first row's plus a multiple of it, in nanoseconds.</param>
/// <param name="Step">The usual distance of two times of a series, in units.</param>
internal readonly record struct TimeSteps(long Unit, long Step)
{
    private const int StepsCountedMax = 4_096;

    /// <summary>The grid of some rows.</summary>
    public static TimeSteps Of(LooseRows rows)
    {
        ReadOnlySpan<long> times = rows.Times;
        long unit = 0;
        foreach (long time in times)
        {
            if (unit == 1) break;
            unit = Divisor(unit, Math.Abs(time - times[0]));
        }

        if (unit == 0) return new TimeSteps(1, 0);
        Dictionary<long, int> counts = [];
        int row = 0;
        foreach (int count in rows.SeriesRows)
        {
            for (int i = 1; i < count && counts.Count < StepsCountedMax; i++)
            {
                long step = (times[row + i] - times[row + i - 1]) / unit;
                counts[step] = counts.GetValueOrDefault(step) + 1;
            }

            row += count;
        }

        // Of the steps that are most frequent the smallest, so that the result does not depend on an order.
        long best = counts.Count == 0 ? 0
            : counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key).First().Key;
        return new TimeSteps(unit, best);
    }

    private static long Divisor(long a, long b)
    {
        while (b != 0) (a, b) = (b, a % b);
        return a;
    }
}
