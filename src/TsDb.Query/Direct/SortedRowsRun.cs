using Apache.Arrow;

namespace TsDb.Query.Direct;

/// <summary>
/// Answers rows in the order of time, or the newest one of each combination of tags: places are gathered
/// first, and only the rows of the answer are looked up.
/// </summary>
internal sealed class SortedRowsRun : IRowTaker
{
    // Beyond this many rows the general engine sorts better.
    private const int RowsMax = 1 << 20;

    private readonly DirectPlan _plan;
    private readonly GroupKeys? _keys;
    private readonly List<Place> _places = [];
    private int _input;
    private DirectInput _current = null!;

    public SortedRowsRun(DirectPlan plan)
    {
        _plan = plan;
        if (!plan.NewestBy.IsDefault) _keys = new GroupKeys(plan.NewestBy);
    }

    /// <summary>The rows; null if there are too many to sort here.</summary>
    public RecordBatch? Read(IReadOnlyList<DirectInput> inputs, Schema schema)
    {
        RowPicker picker = new(_plan);
        for (_input = 0; _input < inputs.Count && _places.Count <= RowsMax; _input++)
        {
            _current = inputs[_input];
            _keys?.Bind(_current.Block, _current.Edge);
            picker.Pick(_current, _plan.Range, this);
        }

        if (_places.Count > RowsMax) return null;
        IEnumerable<Place> ordered = _places.Where(place => place.Input >= 0);
        if (!_plan.Order.IsEmpty)
        {
            ordered = _plan.Order[0].IsDescending
                ? ordered.OrderByDescending(place => place.Time)
                : ordered.OrderBy(place => place.Time);
        }

        Place[] rows = [.. ordered.Take((int)Math.Min(_plan.Limit, int.MaxValue))];
        RowBatchBuilder builder = new(_plan, schema, rows.Length);
        int[] series = [.. rows.Select(place => place.Series)];
        int[] places = [.. rows.Select(place => place.Row)];
        for (int start = 0, end; start < rows.Length; start = end)
        {
            // To find an input's columns costs more than to take a value from each.
            int input = rows[start].Input;
            end = start + 1;
            while (end < rows.Length && rows[end].Input == input) end++;
            builder.Add(inputs[input], series.AsSpan(start..end), places.AsSpan(start..end));
        }

        return builder.Build();
    }

    public void TakeSlice(int series, int start, int end)
    {
        if (_keys is not null)
        {
            // In the order of time the last one is the newest.
            Take(series, end - 1);
            return;
        }

        for (int row = start; row < end; row++) Take(series, row);
    }

    public void TakeRows(ReadOnlySpan<int> series, ReadOnlySpan<int> rows)
    {
        for (int i = 0; i < rows.Length; i++) Take(series[i], rows[i]);
    }

    private void Take(int series, int row)
    {
        Place found = new(_input, series, row, _current.Block.Times[row]);
        if (_keys is null)
        {
            if (_places.Count <= RowsMax) _places.Add(found);
            return;
        }

        int key = _keys.PlaceOf(series);
        while (_places.Count <= key) _places.Add(new Place(-1, 0, 0, long.MinValue));
        if (_places[key].Input < 0 || found.Time > _places[key].Time) _places[key] = found;
    }

    private readonly record struct Place(int Input, int Series, int Row, long Time);
}
