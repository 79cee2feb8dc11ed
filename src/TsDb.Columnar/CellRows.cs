using Apache.Arrow;
using TsDb.Columnar.Merging;
using TsDb.Model;

namespace TsDb.Columnar;

/// <summary>
/// The points of one cell that lie in several batches, merged by key: their order is known, their fields are
/// put together one at a time as they are written. So a seal needs about 20 bytes a row and one column, not a
/// second copy of everything. Used by one thread.
/// </summary>
public sealed class CellRows : ISegmentRows
{
    private readonly TableId _table;
    private readonly IReadOnlyList<TableBatch> _inputs;
    private readonly MergeColumns _columns;
    private readonly RowOrder _order;
    private readonly FieldScatter _scatter;

    private CellRows(
        TableId table, IReadOnlyList<TableBatch> inputs, RowFilter keep, IEnumerable<string> tagsFirst)
    {
        (_table, _inputs) = (table, inputs);
        _columns = MergeColumns.Of(table, inputs, tagsFirst);
        SeriesRanking ranking = new(inputs, _columns);
        _order = RowOrder.Of(inputs, ranking.Ranks, ranking.Sorted.Length, keep);
        _scatter = new FieldScatter(_order, isMemoryReused: true);
        Series = KeyMerge.Series(inputs, _columns, ranking, _order);
    }

    /// <summary>The tag sets in order.</summary>
    public RecordBatch Series { get; }

    /// <summary>By row: its series.</summary>
    public ReadOnlySpan<int> SeriesIndex => _order.Series;

    /// <summary>By row: its time.</summary>
    public ReadOnlySpan<long> Times => _order.Times;

    /// <summary>The fields' names and types.</summary>
    public IReadOnlyList<Field> Fields => _columns.Fields;

    /// <summary>
    /// The values of a field; null if no row has one. They are valid until the next field is asked for.
    /// </summary>
    public IArrowArray? Column(int field) =>
        _scatter.Column(_columns.Fields[field], _columns.Parts(field, _inputs));

    /// <summary>
    /// The rows of each day (UTC) that has points, earliest first. Errors as those of
    /// <see cref="KeyMerge.Merge(TableId, IReadOnlyList{TableBatch}, TimeRange?)"/>.
    /// </summary>
    /// <param name="table">The table of every input.</param>
    /// <param name="oldestFirst">The inputs, of which a later one is newer.</param>
    public static IEnumerable<(Day Day, CellRows Rows)> ByDay(
        TableId table, IReadOnlyList<TableBatch> oldestFirst)
    {
        SortedDictionary<Day, List<TableBatch>> days = [];
        foreach (TableBatch input in oldestFirst)
        {
            foreach (Day day in DaysOf(input.Times))
            {
                if (!days.TryGetValue(day, out List<TableBatch>? inputs)) days.Add(day, inputs = []);
                inputs.Add(input);
            }
        }

        IReadOnlyList<string> tags = MergeColumns.Of(table, oldestFirst).Tags;
        return days.Select(day =>
            (day.Key, new CellRows(table, day.Value, RowFilter.Within(day.Key.Range), tags)));
    }

    /// <summary>All rows with all fields in memory of their own.</summary>
    public SortedRun ToRun() => new(new TableBatch(
        _table, Series, KeyMerge.Rows(_inputs, _columns, _order)));

    private static HashSet<Day> DaysOf(ReadOnlySpan<long> times)
    {
        HashSet<Day> days = [];
        TimeRange last = default;
        foreach (long time in times)
        {
            if (last.Contains(time)) continue;
            Day day = Day.Of(time);
            last = day.Range;
            days.Add(day);
        }

        return days;
    }
}
