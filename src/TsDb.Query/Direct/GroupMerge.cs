using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Apache.Arrow;
using Array = System.Array;

namespace TsDb.Query.Direct;

/// <summary>Brings the groups of many nodes together.</summary>
internal sealed class GroupMerge(DirectPlan plan, ImmutableArray<int> partialCounts)
{
    private readonly Accumulator[] _states =
        [.. plan.Outputs.OfType<DirectOutput.Aggregate>().Select(Accumulator.For)];

    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);

    // By group: the values of the outputs that are no aggregates, a time as long, a text as byte[].
    private readonly List<object?[]> _groups = [];
    private int _room;

    /// <summary>The answer; null if a part is of another form than expected.</summary>
    public RecordBatch? Merge(IReadOnlyList<RecordBatch> parts, Schema schema)
    {
        if (!parts.All(HasForm)) return null;
        foreach (RecordBatch part in parts) Take(part);
        int[] order = [.. Enumerable.Range(0, _groups.Count)];
        if (!plan.Order.IsEmpty) Array.Sort(order, Compare);
        if (plan.Limit < order.Length) order = order[..(int)plan.Limit];
        List<IArrowArray> arrays = [];
        (int key, int state) = (0, 0);
        for (int i = 0; i < plan.Outputs.Length; i++)
        {
            Field field = schema.FieldsList[i];
            if (plan.Outputs[i] is DirectOutput.Aggregate)
            {
                arrays.Add(_states[state++].Build(order, field.DataType));
                continue;
            }

            int at = key++;
            if (plan.Outputs[i] is DirectOutput.BucketStart)
            {
                arrays.Add(
                    OutputTimes.Build(field.DataType, [.. order.Select(group => (long)_groups[group][at]!)]));
                continue;
            }

            OutputTexts texts = new(order.Length);
            foreach (int group in order) texts.Append((byte[]?)_groups[group][at]);
            arrays.Add(texts.Build());
        }

        return new RecordBatch(schema, arrays, order.Length);
    }

    private bool HasForm(RecordBatch part)
    {
        if (part.ColumnCount != partialCounts.Sum()) return false;
        int at = 0;
        for (int i = 0; i < plan.Outputs.Length; at += partialCounts[i++])
        {
            bool fits = plan.Outputs[i] switch
            {
                DirectOutput.Aggregate aggregate => Accumulator.HasForm(aggregate, part, at),
                DirectOutput.BucketStart => part.Column(at) is TimestampArray,
                _ => part.Column(at) is StringArray,
            };
            if (!fits) return false;
        }

        return true;
    }

    private void Take(RecordBatch part)
    {
        IArrowArray[] columns = [.. part.Arrays];
        StringBuilder name = new();
        for (int row = 0; row < part.Length; row++)
        {
            int group = Find(columns, row, name);
            (int at, int state) = (0, 0);
            for (int i = 0; i < plan.Outputs.Length; at += partialCounts[i++])
            {
                if (plan.Outputs[i] is DirectOutput.Aggregate)
                    _states[state++].Merge(group, row, columns.AsSpan(at, partialCounts[i]));
            }
        }
    }

    private int Find(IArrowArray[] columns, int row, StringBuilder name)
    {
        List<object?> values = [];
        name.Clear();
        int at = 0;
        for (int i = 0; i < plan.Outputs.Length; at += partialCounts[i++])
        {
            if (plan.Outputs[i] is DirectOutput.Aggregate) continue;
            object? value = columns[at] switch
            {
                TimestampArray times =>
                    times.GetValue(row)!.Value * OutputTimes.UnitOf(times.Data.DataType)!.Value,
                var texts => texts.IsNull(row) ? null : ((StringArray)texts).GetBytes(row).ToArray(),
            };
            values.Add(value);

            // A length in front, so that no two lists of texts look alike.
            if (value is byte[] text)
                name.Append(text.Length).Append(':').Append(Encoding.UTF8.GetString(text));
            else name.Append(CultureInfo.InvariantCulture, $"{value ?? "-"};");
        }

        string key = name.ToString();
        if (_places.TryGetValue(key, out int place)) return place;
        place = _groups.Count;
        _places.Add(key, place);
        _groups.Add([.. values]);
        if (_groups.Count > _room)
        {
            _room = Math.Max(64, _room * 2);
            foreach (Accumulator state in _states) state.Resize(_room);
        }

        return place;
    }

    private int Compare(int one, int other)
    {
        foreach ((int output, bool isDescending) in plan.Order)
        {
            int at = plan.Outputs.Take(output).Count(before => before is not DirectOutput.Aggregate);
            (object? left, object? right) = (_groups[one][at], _groups[other][at]);
            int order = (left, right) switch
            {
                (null, null) => 0,
                (null, _) => 1,
                (_, null) => -1,
                (long time, long later) => isDescending ? later.CompareTo(time) : time.CompareTo(later),
                (byte[] text, byte[] next) =>
                    (isDescending ? -1 : 1) * text.AsSpan().SequenceCompareTo(next),
                _ => throw new System.Diagnostics.UnreachableException("keys of two kinds in one column"),
            };
            if (order != 0) return order;
        }

        return 0;
    }
}
