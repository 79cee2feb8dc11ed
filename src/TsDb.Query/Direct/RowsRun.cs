using Apache.Arrow;

namespace TsDb.Query.Direct;

/// <summary>Answers rows as they are, in batches while the inputs are read.</summary>
internal sealed class RowsRun(DirectPlan plan, Schema schema) : IRowTaker
{
    // Their columns are small enough to be taken from the garbage collector's youngest generation.
    private const int BatchRows = 2_048;

    private readonly RowPicker _picker = new(plan);
    private readonly List<int> _series = [];
    private readonly List<int> _rows = [];

    /// <summary>The rows, no more than the plan's limit.</summary>
    public IEnumerable<RecordBatch> Read(IReadOnlyList<DirectInput> inputs)
    {
        long left = plan.Limit;
        foreach (DirectInput input in inputs)
        {
            if (left == 0) yield break;
            _series.Clear();
            _rows.Clear();
            _picker.Pick(input, plan.Range, this);
            for (int start = 0; start < _rows.Count && left > 0;)
            {
                int count = (int)Math.Min(Math.Min(BatchRows, _rows.Count - start), left);
                RowBatchBuilder builder = new(plan, schema, count);
                builder.Add(input, Span(_series, start, count), Span(_rows, start, count));
                yield return builder.Build();
                (start, left) = (start + count, left - count);
            }
        }
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

    private static ReadOnlySpan<int> Span(List<int> list, int start, int count) =>
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(list).Slice(start, count);
}
