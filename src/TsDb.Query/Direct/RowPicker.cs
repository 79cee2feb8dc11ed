using TsDb.Columnar.Vectors;
using TsDb.Model;

namespace TsDb.Query.Direct;

/// <summary>Finds the rows of an input that pass a plan's filters.</summary>
internal sealed class RowPicker(DirectPlan plan)
{
    private const int ChunkRows = 4_096;

    // Not made before rows are filtered one by one, which most answers do without.
    private int[] _rows = [];
    private int[] _series = [];

    /// <summary>Gives all rows that pass to the taker.</summary>
    public void Pick(DirectInput input, TimeRange range, IRowTaker taker)
    {
        RowBlock block = input.Block;
        long first = Math.Max(input.Window.StartNanoseconds, range.StartNanoseconds);
        long end = Math.Min(input.Window.EndNanoseconds, range.EndNanoseconds);

        // The end of all times has nothing behind it, so there the last one counts.
        long last = end == long.MaxValue ? end : end - 1;
        if (first > last || block.RowCount == 0) return;
        long[]? starts = input.Mask.StartsOf(block.Series);
        if (!block.IsSorted)
        {
            PickUnsorted(block, first, last, starts, taker);
            return;
        }

        bool[]? passes = Series(block);
        ReadOnlySpan<long> times = block.Times;
        long start = first;
        for (int series = 0; series < block.SeriesStarts.Length - 1; series++)
        {
            if (passes is not null && !passes[series]) continue;
            (int from, int to) = (block.SeriesStarts[series], block.SeriesStarts[series + 1]);
            if (starts is not null) first = Math.Max(start, starts[series]);
            if (from == to || times[from] > last || times[to - 1] < first) continue;
            if (times[from] < first) from += LowerBound(times[from..to], first);
            if (times[to - 1] > last) to = from + LowerBound(times[from..to], last + 1);
            if (from == to) continue;
            if (plan.Numbers.IsEmpty) taker.TakeSlice(series, from, to);
            else PickFiltered(block, series, from, to, taker);
        }
    }

    // Null if all pass.
    private bool[]? Series(RowBlock block)
    {
        if (plan.Tags.IsEmpty) return null;
        bool[] passes = new bool[block.Series.Length];
        passes.AsSpan().Fill(true);
        foreach (DirectTagFilter filter in plan.Tags) filter.Keep(block, passes);
        return passes;
    }

    private void PickFiltered(RowBlock block, int series, int from, int to, IRowTaker taker)
    {
        MakeRoom();
        _series.AsSpan(0, Math.Min(ChunkRows, to - from)).Fill(series);
        for (int start = from; start < to; start += ChunkRows)
        {
            int count = Math.Min(ChunkRows, to - start);
            for (int i = 0; i < count; i++) _rows[i] = start + i;
            count = Filter(block, count);
            if (count > 0) taker.TakeRows(_series.AsSpan(0, count), _rows.AsSpan(0, count));
        }
    }

    private void MakeRoom()
    {
        if (_rows.Length == 0) (_rows, _series) = (new int[ChunkRows], new int[ChunkRows]);
    }

    private int Filter(RowBlock block, int count)
    {
        foreach (DirectNumberFilter filter in plan.Numbers) count = filter.Keep(
            block, _rows.AsSpan(0, count));
        return count;
    }

    private void PickUnsorted(
        RowBlock block, long first, long last, long[]? starts, IRowTaker taker)
    {
        MakeRoom();
        bool[]? passes = Series(block);
        ReadOnlySpan<long> times = block.Times;
        ReadOnlySpan<int> seriesOf = block.SeriesIndex;
        for (int start = 0; start < times.Length; start += ChunkRows)
        {
            int count = 0;
            int stop = Math.Min(times.Length, start + ChunkRows);
            for (int row = start; row < stop; row++)
            {
                _rows[count] = row;
                if (times[row] >= first && times[row] <= last
                    && (passes is null || passes[seriesOf[row]])
                    && (starts is null || times[row] >= starts[seriesOf[row]])) count++;
            }

            count = Filter(block, count);
            if (count == 0) continue;
            for (int i = 0; i < count; i++) _series[i] = seriesOf[_rows[i]];
            taker.TakeRows(_series.AsSpan(0, count), _rows.AsSpan(0, count));
        }
    }

    // The first place whose time is not before the given one.
    private static int LowerBound(ReadOnlySpan<long> times, long time)
    {
        (int low, int high) = (0, times.Length);
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (times[middle] < time) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
