using Apache.Arrow;

namespace TsDb.Query.Direct;

/// <summary>Answers rows as they are, in batches while the inputs are read.</summary>
internal sealed class RowsRun : IRowTaker, IDisposable
{
    // Their columns are just small enough to be taken from the garbage collector's youngest generation, and
    // what each batch costs another node to send and to read is shared by many rows.
    private const int BatchRows = 8_192;

    private readonly DirectPlan _plan;
    private readonly Schema _schema;
    private readonly RowPicker _picker;

    // Picked rows that are in no batch yet, from one input after the other.
    private readonly List<(DirectInput Input, int Start)> _parts = [];
    private readonly RentedIntegers _series = new();
    private readonly RentedIntegers _rows = new();
    private int _taken;

    private RowsRun(DirectPlan plan, Schema schema) =>
        (_plan, _schema, _picker) = (plan, schema, new RowPicker(plan));

    /// <summary>The rows, no more than the plan's limit.</summary>
    public static IEnumerable<RecordBatch> Read(
        DirectPlan plan, Schema schema, IReadOnlyList<DirectInput> inputs)
    {
        using RowsRun run = new(plan, schema);
        foreach (RecordBatch batch in run.Read(inputs)) yield return batch;
    }

    private IEnumerable<RecordBatch> Read(IReadOnlyList<DirectInput> inputs)
    {
        long left = _plan.Limit;
        foreach (DirectInput input in inputs)
        {
            if (left == 0) yield break;
            Forget();
            int start = _rows.Count;
            _picker.Pick(input, _plan.Range, this);
            if (_rows.Count == start) continue;
            _parts.Add((input, start));
            while (left > 0 && _rows.Count - _taken is > 0 and var waiting
                && waiting >= Math.Min(BatchRows, left))
            {
                int count = (int)Math.Min(BatchRows, left);
                yield return Take(count);
                left -= count;
            }
        }

        int rest = (int)Math.Min(_rows.Count - _taken, left);
        if (rest > 0) yield return Take(rest);
    }

    public void TakeSlice(int series, int start, int end)
    {
        _series.Add(series, end - start);
        _rows.AddFrom(start, end - start);
    }

    public void TakeRows(ReadOnlySpan<int> series, ReadOnlySpan<int> rows)
    {
        _series.Add(series);
        _rows.Add(rows);
    }

    public void Dispose()
    {
        _series.Dispose();
        _rows.Dispose();
    }

    private RecordBatch Take(int count)
    {
        RowBatchBuilder builder = new(_plan, _schema, count);
        int part = _parts.FindLastIndex(one => one.Start <= _taken);
        for (int end = _taken + count; _taken < end; part++)
        {
            int stop = part + 1 < _parts.Count ? _parts[part + 1].Start : _rows.Count;
            int until = Math.Min(stop, end);
            builder.Add(_parts[part].Input, Span(_series, until), Span(_rows, until));
            _taken = until;
        }

        return builder.Build();
    }

    // Less than a batch is left when the next input is read: answers of any length are picked in the memory
    // of one input.
    private void Forget()
    {
        if (_taken == 0) return;
        _series.RemoveFirst(_taken);
        _rows.RemoveFirst(_taken);
        (DirectInput Input, int Start)[] left =
        [
            .. _parts.Where((_, i) => i + 1 == _parts.Count ? _rows.Count > 0 : _parts[i + 1].Start > _taken)
                .Select(part => (part.Input, Math.Max(0, part.Start - _taken))),
        ];
        _parts.Clear();
        _parts.AddRange(left);
        _taken = 0;
    }

    private ReadOnlySpan<int> Span(RentedIntegers list, int until) => list.Items[_taken..until];
}
