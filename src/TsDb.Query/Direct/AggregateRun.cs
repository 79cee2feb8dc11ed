using Apache.Arrow;
using TsDb.Columnar.Vectors;
using TsDb.Model;
using Array = System.Array;

namespace TsDb.Query.Direct;

/// <summary>
/// Groups and aggregates: rows become runs of neighbours of one group, and each aggregate takes all runs of a
/// block in one go, a column at a time.
/// </summary>
internal sealed class AggregateRun : IRowTaker
{
    private const int RunsMax = 4_096;

    // Most statements look at few series: room for all runs would be most of what they allocate.
    private const int RunsStart = 128;
    private const int GroupsMax = 4 << 20;

    private readonly DirectPlan _plan;
    private readonly GroupKeys _keys;
    private readonly Accumulator[] _states;
    private readonly long _width;
    private readonly long _bucketFirst;
    private readonly int _buckets;
    private GroupRun[] _runs = new GroupRun[RunsStart];
    private bool[] _isPresent = [];
    private int _runCount;
    private RowBlock _block = null!;

    /// <summary>Prepares for rows of these times.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="times">The times that rows can have; neither too many buckets nor none.</param>
    public AggregateRun(DirectPlan plan, TimeRange times)
    {
        (_plan, _keys) = (plan, new GroupKeys(plan.Keys));
        _states = [.. plan.Outputs.OfType<DirectOutput.Aggregate>().Select(Accumulator.For)];
        if (plan.Bucket is { } bucket)
        {
            _width = bucket.WidthNanoseconds;
            _bucketFirst = bucket.StartOf(times.StartNanoseconds);
            _buckets = (int)CountBuckets(bucket, times);
        }
        else
        {
            _buckets = 1;
        }

        Grow(_buckets);
    }

    /// <summary>Groups that have rows so far.</summary>
    public int PresentCount => _isPresent.AsSpan().Count(true);

    /// <summary>True if there can be more groups than fit.</summary>
    public bool IsTooLarge { get; private set; }

    /// <summary>How many buckets lie in a range.</summary>
    public static Int128 CountBuckets(DirectBucket bucket, TimeRange times) => times.IsEmpty
        ? 1
        : ((Int128)times.EndNanoseconds - 1 - bucket.StartOf(times.StartNanoseconds))
            / bucket.WidthNanoseconds + 1;

    /// <summary>True if so many buckets are not too many.</summary>
    public static bool Fits(Int128 buckets) => buckets <= GroupsMax;

    /// <summary>Takes the rows of an input in, as far as they are in the range.</summary>
    public void Add(DirectInput input, TimeRange range, RowPicker picker)
    {
        _block = input.Block;
        _keys.Bind(input.Block, input.Edge);
        picker.Pick(input, range, this);
        Flush();
    }

    public void TakeSlice(int series, int start, int end)
    {
        int group = GroupOf(series);
        if (group < 0) return;
        if (_plan.Bucket is null)
        {
            Put(start, end, group);
            return;
        }

        ReadOnlySpan<long> times = _block.Times;
        while (start < end)
        {
            long bucket = (times[start] - _bucketFirst) / _width;
            int next = EndOf(times, start, end, _bucketFirst + bucket * _width + (_width - 1));
            Put(start, next, group + (int)bucket);
            start = next;
        }
    }

    public void TakeRows(ReadOnlySpan<int> series, ReadOnlySpan<int> rows)
    {
        ReadOnlySpan<long> times = _block.Times;
        for (int i = 0; i < rows.Length; i++)
        {
            int group = GroupOf(series[i]);
            if (group < 0) return;
            if (_plan.Bucket is not null) group += (int)((times[rows[i]] - _bucketFirst) / _width);
            if (_runCount > 0 && _runs[_runCount - 1].Group == group && _runs[_runCount - 1].End == rows[i])
                _runs[_runCount - 1] = _runs[_runCount - 1] with { End = rows[i] + 1 };
            else
                Put(rows[i], rows[i] + 1, group);
        }
    }

    /// <summary>The answer.</summary>
    public RecordBatch Finish(Schema schema)
    {
        List<int> groups = [];
        for (int group = 0; group < _isPresent.Length; group++)
        {
            if (_isPresent[group]) groups.Add(group);
        }

        // Without GROUP BY there is one row, whatever there is to count.
        if (_plan.Keys.IsEmpty && _plan.Bucket is null && groups.Count == 0) groups.Add(0);
        int[] ordered = [.. groups];
        if (!_plan.Order.IsEmpty) Sort(ordered);
        if (_plan.Limit < ordered.Length) ordered = ordered[..(int)_plan.Limit];
        List<IArrowArray> arrays = [];
        int state = 0;
        for (int i = 0; i < _plan.Outputs.Length; i++)
        {
            Field field = schema.FieldsList[i];
            arrays.Add(_plan.Outputs[i] switch
            {
                DirectOutput.Key key => _keys.Build(
                    key.Place, [.. ordered.Select(group => group / _buckets)]),
                DirectOutput.BucketStart => OutputTimes.Build(
                    field.DataType, [.. ordered.Select(group => _bucketFirst + (group % _buckets) * _width)]),
                _ => _states[state++].Build(ordered, field.DataType),
            });
        }

        return new RecordBatch(schema, arrays, ordered.Length);
    }

    private void Sort(int[] groups)
    {
        // Without keys a group is a stretch of time, and they lie in its order.
        if (!_plan.Keys.IsEmpty) Array.Sort(groups, Comparison());
        else if (_plan.Order[0].IsDescending) Array.Reverse(groups);
    }

    private Comparison<int> Comparison()
    {
        List<(Func<int, int> Rank, Func<int, bool> IsNull, bool IsDescending)> keys = [];
        foreach ((int output, bool isDescending) in _plan.Order)
        {
            if (_plan.Outputs[output] is DirectOutput.Key key)
            {
                Func<int, int> ranks = _keys.Ranks(key.Place);
                keys.Add(
                    (group => ranks(group / _buckets), group => _keys.IsNull(group / _buckets, key.Place),
                        isDescending));
            }
            else
            {
                keys.Add((group => group % _buckets, _ => false, isDescending));
            }
        }

        return (one, other) =>
        {
            foreach ((Func<int, int> rank, Func<int, bool> isNull, bool isDescending) in keys)
            {
                int order = rank(one).CompareTo(rank(other));
                if (order == 0) continue;

                // Nulls are last, whichever way the rest goes; their rank is the greatest.
                return isDescending && !isNull(one) && !isNull(other) ? -order : order;
            }

            return 0;
        };
    }

    // The first row behind those that are not later than the bucket's last moment. Points of a series mostly
    // keep a steady interval, so the place is guessed from the first step.
    private static int EndOf(ReadOnlySpan<long> times, int start, int end, long last)
    {
        if (times[end - 1] <= last) return end;
        int low = start + 1;
        if (times[low] > last) return low;
        long guess = low + (last - times[low]) / (times[low] - times[start]) + 1;
        if (guess < end && times[(int)guess] > last && times[(int)guess - 1] <= last) return (int)guess;
        int high = end;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (times[middle] <= last) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private int GroupOf(int series)
    {
        int place = _keys.PlaceOf(series);
        long groups = ((long)place + 1) * _buckets;
        if (groups > GroupsMax) IsTooLarge = true;
        if (IsTooLarge) return -1;
        if (groups > _isPresent.Length)
            Grow((int)Math.Min(GroupsMax, Math.Max(groups, _isPresent.Length * 2L)));
        return place * _buckets;
    }

    private void Grow(int groups)
    {
        Array.Resize(ref _isPresent, groups);
        foreach (Accumulator state in _states) state.Resize(groups);
    }

    private void Put(int start, int end, int group)
    {
        if (_runCount == RunsMax) Flush();
        if (_runCount == _runs.Length) Array.Resize(ref _runs, _runs.Length * 2);
        _runs[_runCount++] = new GroupRun(start, end, group);
        _isPresent[group] = true;
    }

    private void Flush()
    {
        foreach (Accumulator state in _states) state.Add(_block, _runs.AsSpan(0, _runCount));
        _runCount = 0;
    }
}
