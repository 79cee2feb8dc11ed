using TsDb.Columnar;
using TsDb.Model;

namespace TsDb.Storage.Hot;

/// <summary>
/// What the writer knows of the hot rows beside the rows themselves: which keys are new, which cells are touched. Used by
/// the writer's thread only; the rows lie in the immutable <see cref="HotState"/> of the version.
/// </summary>
internal sealed class HotBuffer(TimeProvider clock)
{
    private readonly Dictionary<TableId, KeyTracker> _trackers = [];
    private readonly HashSet<(TableId Table, Day Day)> _cells = [];

    /// <summary>Looks at batches in commit order; the answer appends them to a state (cheap, under the store's gate).</summary>
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
    /// The carry of small batches that <see cref="CoalescePolicy"/> asks for in these tables; null if there is none.
    /// </summary>
    public static Func<HotState, HotState>? Coalesce(HotState now, IEnumerable<TableId> tables, out long bytesSaved)
    {
        HotState state = now;
        foreach (TableId table in tables)
        {
            HotTable hot = state.Find(table);
            while (CoalescePolicy.TailLength(hot.Open.Count, at => hot.Open[at].RowCount) is > 1 and int count)
            {
                TableBatch[] tail = [.. Enumerable.Range(hot.Open.Count - count, count).Select(at => hot.Open[at])];
                TableBatch merged = KeyMerge.Merge(table, tail).Batch;
                hot = hot.Coalesce(count, merged, tail.Sum(BatchSize.Of) - BatchSize.Of(merged));
            }

            state = state.With(table, hot);
        }

        bytesSaved = now.OpenBytes - state.OpenBytes;
        return ReferenceEquals(state, now) || bytesSaved == 0 ? null : later => Adopt(later, state, now);
    }

    /// <summary>From now on everything belongs behind the seal in hand.</summary>
    public void Freeze(HotState now)
    {
        _cells.Clear();
        foreach (TableId idle in _trackers.Keys.Where(table => now.Find(table).IsEmpty).ToArray()) _trackers.Remove(idle);
        foreach (KeyTracker tracker in _trackers.Values) tracker.Freeze();
    }

    private KeyTracker Tracker(HotState now, TableId table)
    {
        if (!_trackers.TryGetValue(table, out KeyTracker? tracker)) tracker = new KeyTracker();
        else if (now.Find(table).Frozen.Count == 0) tracker = tracker.Thaw();
        _trackers[table] = tracker;
        return tracker;
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

    // Between looking and swapping, a seal may have dropped its frozen batches; the open ones are the writer's alone.
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
