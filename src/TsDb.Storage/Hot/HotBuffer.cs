using TsDb.Columnar;
using TsDb.Model;

namespace TsDb.Storage.Hot;

/// <summary>
/// What the writer knows of the hot rows beside the rows themselves: which keys are new, which cells are
/// touched. Used by the writer's thread only; the rows lie in the immutable <see cref="HotState"/> of the
/// version.
/// </summary>
internal sealed class HotBuffer(TimeProvider clock)
{
    private readonly Dictionary<TableId, KeyTracker> _trackers = [];
    private readonly HashSet<(TableId Table, Day Day)> _cells = [];

    /// <summary>
    /// Looks at batches in commit order; the answer appends them to a state (cheap, under the store's gate).
    /// </summary>
    public Func<HotState, HotState> Note(HotState now, IReadOnlyList<TableBatch> batches)
    {
        List<(TableBatch Batch, long Bytes, KeyUniqueness Uniqueness)> noted = new(batches.Count);
        foreach (TableBatch batch in batches)
        {
            NoteCells(batch);
            noted.Add((batch, BatchSize.Of(batch), Tracker(now, batch.Table).Add(batch)));
        }

        int cells = _cells.Count;
        DateTimeOffset at = clock.GetUtcNow();
        return state =>
        {
            foreach ((TableBatch batch, long bytes, KeyUniqueness uniqueness) in noted)
                state = state.With(batch.Table, state.Find(batch.Table).Append(batch, bytes, uniqueness));
            return state.Opened(at, cells);
        };
    }

    /// <summary>
    /// The carry of small batches that <see cref="CoalescePolicy"/> asks for in these tables; null if there
    /// is none.
    /// </summary>
    public static Func<HotState, HotState>? Coalesce(
        HotState now, IEnumerable<TableId> tables, out long bytesSaved)
    {
        HotState state = now;
        bool isChanged = false;
        foreach (TableId table in tables)
        {
            HotTable hot = state.Find(table);
            while (TailLength(hot.Open) is > 1 and int count)
            {
                TableBatch[] tail = [.. hot.Open.Skip(hot.Open.Count - count)];
                TableBatch merged = KeyMerge.Merge(table, tail).Batch;
                hot = hot.Coalesce(count, merged, tail.Sum(BatchSize.Of) - BatchSize.Of(merged));
                isChanged = true;
            }

            state = state.With(table, hot);
        }

        bytesSaved = now.OpenBytes - state.OpenBytes;
        return isChanged ? later => Adopt(later, state, now) : null;
    }

    /// <summary>From now on everything belongs behind the seal in hand.</summary>
    public void Freeze(HotState now)
    {
        _cells.Clear();
        TableId[] idle = [.. _trackers.Keys.Where(table => now.Find(table).IsEmpty)];
        foreach (TableId table in idle) _trackers.Remove(table);
        foreach (KeyTracker tracker in _trackers.Values) tracker.Freeze();
    }

    private static int TailLength(BatchList open) =>
        CoalescePolicy.TailLength(open.Count, at => open[at].RowCount);

    private KeyTracker Tracker(HotState now, TableId table)
    {
        if (!_trackers.TryGetValue(table, out KeyTracker? tracker)) tracker = new KeyTracker();
        else if (now.Find(table).Frozen.Count == 0) tracker = tracker.Thaw();
        _trackers[table] = tracker;
        return tracker;
    }

    /// <summary>The number of cells that a batch's points belong to.</summary>
    public static int CellsOf(TableBatch batch)
    {
        HashSet<Day> days = [];
        TimeRange day = default;
        foreach (long time in batch.Times)
        {
            if (day.Contains(time)) continue;
            Day found = Day.Of(time);
            day = found.Range;
            days.Add(found);
        }

        return days.Count;
    }

    private void NoteCells(TableBatch batch)
    {
        TimeRange day = default;
        foreach (long time in batch.Times)
        {
            if (day.Contains(time)) continue;
            Day found = Day.Of(time);
            day = found.Range;
            _cells.Add((batch.Table, found));
        }
    }

    // Between looking and swapping, a seal may have dropped its frozen batches; the open ones are the
    // writer's alone.
    private static HotState Adopt(HotState later, HotState coalesced, HotState before)
    {
        foreach ((TableId table, HotTable hot) in coalesced.Tables)
        {
            if (ReferenceEquals(hot.Open, before.Find(table).Open)) continue;
            later = later.With(table, later.Find(table).WithOpen(hot));
        }

        return later;
    }
}
