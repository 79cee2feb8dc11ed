using System.Runtime.InteropServices;
using Apache.Arrow;

namespace TsDb.Query.Direct;

/// <summary>Answers rows as they are, in batches while the inputs are read.</summary>
internal sealed class RowsRun(DirectPlan plan, Schema schema) : IRowTaker
{
    // Their columns are just small enough to be taken from the garbage collector's youngest generation, and
    // what each batch costs another node to send and to read is shared by many rows.
    private const int BatchRows = 8_192;

    private readonly RowPicker _picker = new(plan);

    // Picked rows that are in no batch yet, from one input after the other.
    private readonly List<(DirectInput Input, int Start)> _parts = [];
    private readonly List<int> _series = [];
    private readonly List<int> _rows = [];
    private int _part;
    private int _taken;

    /// <summary>The rows, no more than the plan's limit.</summary>
    public IEnumerable<RecordBatch> Read(IReadOnlyList<DirectInput> inputs)
    {
        long left = plan.Limit;
        foreach (DirectInput input in inputs)
        {
            if (left == 0) yield break;
            int start = _rows.Count;
            _picker.Pick(input, plan.Range, this);
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
        for (int row = start; row < end; row++)
        {
            _series.Add(series);
            _rows.Add(row);
        }
    }

    public void TakeRows(ReadOnlySpan<int> series, ReadOnlySpan<int> rows)
    {
        _series.AddRange(series);
        _rows.AddRange(rows);
    }

    private RecordBatch Take(int count)
    {
        RowBatchBuilder builder = new(plan, schema, count);
        for (int end = _taken + count; _taken < end;)
        {
            int stop = _part + 1 < _parts.Count ? _parts[_part + 1].Start : _rows.Count;
            int until = Math.Min(stop, end);
            builder.Add(_parts[_part].Input, Span(_series, until), Span(_rows, until));
            _taken = until;
            if (until == stop) _part++;
        }

        if (_taken == _rows.Count)
        {
            _parts.Clear();
            _series.Clear();
            _rows.Clear();
            _part = _taken = 0;
        }

        return builder.Build();
    }

    private ReadOnlySpan<int> Span(List<int> list, int until) =>
        CollectionsMarshal.AsSpan(list)[_taken..until];
}
