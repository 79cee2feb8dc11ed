using TsDb.Columnar.Merging;
using TsDb.Model;

namespace TsDb.Columnar;

/// <summary>
/// Points of one table sorted by (tags, time), each key once: what <see cref="KeyMerge"/> makes and a segment
/// holds. Immutable. Its series are in order and all in use, and no column is without a value.
/// </summary>
public sealed class SortedRun
{
    internal SortedRun(TableBatch batch)
    {
        Batch = batch;
        if (batch.RowCount > 0) (TimeFirst, TimeLast) = WordBounds.Of(batch.Times);
    }

    /// <summary>The points; rows in order, the series index rising.</summary>
    public TableBatch Batch { get; }

    /// <summary>Number of points.</summary>
    public int RowCount => Batch.RowCount;

    /// <summary>Number of distinct tag sets.</summary>
    public int SeriesCount => Batch.Series.Length;

    /// <summary>The earliest time in nanoseconds since the Unix epoch; 0 if there are no points.</summary>
    public long TimeFirst { get; }

    /// <summary>The latest time in nanoseconds since the Unix epoch; 0 if there are no points.</summary>
    public long TimeLast { get; }

    /// <summary>
    /// The first time, and the last one plus a nanosecond (which the last of all times lacks); empty if there
    /// are no points.
    /// </summary>
    public TimeRange Range =>
        RowCount == 0 ? default : RangeOf(TimeFirst, TimeLast);

    /// <summary>The points of these times only.</summary>
    public SortedRun Within(TimeRange range) =>
        RowCount == 0 || (range.StartNanoseconds <= TimeFirst && Range.EndNanoseconds <= range.EndNanoseconds)
            ? this
            : KeyMerge.Merge(Batch.Table, [Batch], range);

    /// <summary>
    /// One run per day (UTC) that has points, earliest first: the parts that belong to one cell each.
    /// </summary>
    public IReadOnlyList<(Day Day, SortedRun Run)> SplitByDay()
    {
        if (RowCount == 0) return [];
        if (Day.Of(TimeFirst) == Day.Of(TimeLast)) return [(Day.Of(TimeFirst), this)];
        SortedSet<Day> days = [];
        Day last = Day.Of(TimeFirst);
        days.Add(last);
        foreach (long time in Batch.Times)
        {
            if (last.Range.Contains(time)) continue;
            days.Add(last = Day.Of(time));
        }

        return [.. days.Select(day => (day, Within(day.Range)))];
    }

    /// <summary>
    /// Parts the points that are more than <paramref name="nanoseconds"/> older than the newest of their
    /// series, so that what arrived on time keeps a narrow range. Either part may be empty.
    /// </summary>
    public (SortedRun OnTime, SortedRun Late) SplitLate(long nanoseconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(nanoseconds);
        ReadOnlySpan<int> series = Batch.SeriesIndex;
        ReadOnlySpan<long> times = Batch.Times;
        bool[] isLate = new bool[times.Length];
        int late = 0;
        long newest = 0;
        for (int row = times.Length - 1; row >= 0; row--)
        {
            if (row == times.Length - 1 || series[row] != series[row + 1]) newest = times[row];
            // The difference of two signed times fits an unsigned number whatever they are.
            isLate[row] = (ulong)(newest - times[row]) > (ulong)nanoseconds;
            if (isLate[row]) late++;
        }

        if (late == 0) return (this, KeyMerge.Merge(Batch.Table, []));
        bool[] isOnTime = [.. isLate.Select(l => !l)];
        return (Part(isOnTime), Part(isLate));
    }

    /// <summary>As a range, whose end is excluded; the last of all times has nothing behind it.</summary>
    internal static TimeRange RangeOf(long first, long last) => TimeRange.Of(first, last);

    private SortedRun Part(bool[] rows) => KeyMerge.Merge(Batch.Table, [Batch], RowFilter.Only(rows));
}
