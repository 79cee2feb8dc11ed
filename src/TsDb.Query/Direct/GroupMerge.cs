using System.Buffers.Binary;
using System.Collections.Immutable;
using Apache.Arrow;
using TsDb.Columnar.Building;
using Array = System.Array;

namespace TsDb.Query.Direct;

/// <summary>Brings the groups of many nodes together.</summary>
internal sealed class GroupMerge : IDisposable
{
    private const int NameBytesStart = 128;

    // Another in each process, so that nobody can write tags whose hashes collide; no answer depends on it.
    private static readonly long HashSeed = HashCode.Combine(0);

    // Of a text so many bytes are in its mark, then its length or that it is longer: a mark is never zero.
    private const int TextMarkBytes = 7;

    // No text begins with that byte, and no mark turned about is that.
    private const ulong NullMark = ulong.MaxValue;

    private readonly DirectPlan _plan;
    private readonly ImmutableArray<int> _partialCounts;
    private readonly Accumulator[] _states;

    // Where in a part the columns of each output begin.
    private readonly int[] _starts;

    // A group's keys as bytes that no other keys have; they are numbered as the groups are.
    private readonly ByteKeyMap _places = new(HashSeed);
    private byte[] _name = new byte[NameBytesStart];

    // By group: where it came first; its keys are read from there.
    private readonly List<(Part Part, int Row)> _groups = [];

    public GroupMerge(DirectPlan plan, ImmutableArray<int> partialCounts)
    {
        (_plan, _partialCounts) = (plan, partialCounts);
        _states = [.. plan.Outputs.OfType<DirectOutput.Aggregate>().Select(Accumulator.For)];
        _starts = [.. plan.Outputs.Select((_, i) => partialCounts.Take(i).Sum())];
    }

    /// <summary>Gives its memory back.</summary>
    public void Dispose() => _places.Dispose();

    /// <summary>The answer; null if a part is of another form than expected.</summary>
    public RecordBatch? Merge(IReadOnlyList<RecordBatch> parts, Schema schema)
    {
        if (!parts.All(HasForm)) return null;
        RecordBatch[] filled = [.. parts.Where(part => part.Length > 0)];
        int groupsMax = filled.Sum(part => part.Length);
        _groups.EnsureCapacity(groupsMax);
        foreach (Accumulator aggregate in _states) aggregate.Resize(groupsMax);
        foreach (RecordBatch part in filled) Take(part, isOnly: filled.Length == 1);
        int[] order = _plan.Order.IsEmpty ? [.. Enumerable.Range(0, _groups.Count)] : Sort();
        if (_plan.Limit < order.Length) order = order[..(int)_plan.Limit];
        List<IArrowArray> arrays = [];
        int state = 0;
        for (int i = 0; i < _plan.Outputs.Length; i++)
        {
            Field field = schema.FieldsList[i];
            arrays.Add(_plan.Outputs[i] switch
            {
                DirectOutput.Aggregate => _states[state++].Build(order, field.DataType),
                DirectOutput.BucketStart =>
                    OutputTimes.Build(field.DataType, [.. order.Select(group => TimeOf(group, i))]),
                _ => Texts(order, i),
            });
        }

        return new RecordBatch(schema, arrays, order.Length);
    }

    private bool HasForm(RecordBatch part)
    {
        if (part.ColumnCount != _partialCounts.Sum()) return false;
        for (int i = 0; i < _plan.Outputs.Length; i++)
        {
            bool fits = _plan.Outputs[i] switch
            {
                DirectOutput.Aggregate aggregate => Accumulator.HasForm(aggregate, part, _starts[i]),
                DirectOutput.BucketStart => part.Column(_starts[i]) is TimestampArray,
                _ => part.Column(_starts[i]) is StringArray,
            };
            if (!fits) return false;
        }

        return true;
    }

    // Each group comes once in a part: if there is only one, nothing has to be looked up.
    private void Take(RecordBatch batch, bool isOnly)
    {
        Part part = new(batch.Arrays);
        int[] groups = new int[batch.Length];
        for (int row = 0; row < groups.Length; row++) groups[row] = isOnly ? Add(part, row) : Find(part, row);
        int state = 0;
        for (int i = 0; i < _plan.Outputs.Length; i++)
        {
            if (_plan.Outputs[i] is DirectOutput.Aggregate)
                _states[state++].Merge(groups, part.Columns.AsSpan(_starts[i], _partialCounts[i]));
        }
    }

    private int Find(Part part, int row)
    {
        int length = 0;
        for (int i = 0; i < _plan.Outputs.Length; i++)
        {
            if (_plan.Outputs[i] is DirectOutput.Aggregate) continue;
            if (part.Times[_starts[i]] is { } times)
            {
                Append(ref length, times[row]);
                continue;
            }

            // A length in front, so that no two lists of texts look alike.
            StringArray texts = (StringArray)part.Columns[_starts[i]];
            ReadOnlySpan<byte> text = texts.GetBytes(row, out bool isNull);
            Append(ref length, isNull ? -1 : text.Length);
            if (_name.Length < length + text.Length) Array.Resize(ref _name, (length + text.Length) * 2);
            text.CopyTo(_name.AsSpan(length));
            length += text.Length;
        }

        ReadOnlySpan<byte> name = _name.AsSpan(0, length);
        int place = _places.Find(name, out ulong hash);
        if (place >= 0) return place;
        _places.Add(name, hash);
        return Add(part, row);
    }

    private int Add(Part part, int row)
    {
        _groups.Add((part, row));
        return _groups.Count - 1;
    }

    private void Append(ref int length, long number)
    {
        if (_name.Length < length + sizeof(long)) Array.Resize(ref _name, _name.Length * 2);
        BinaryPrimitives.WriteInt64LittleEndian(_name.AsSpan(length), number);
        length += sizeof(long);
    }

    private long TimeOf(int group, int output)
    {
        (Part part, int row) = _groups[group];
        return part.Times[_starts[output]]![row];
    }

    private ReadOnlySpan<byte> TextOf(int group, int output, out bool isNull)
    {
        (Part part, int row) = _groups[group];
        return ((StringArray)part.Columns[_starts[output]]).GetBytes(row, out isNull);
    }

    private StringArray Texts(int[] order, int output)
    {
        OutputTexts texts = new(order.Length);
        foreach (int group in order)
        {
            ReadOnlySpan<byte> text = TextOf(group, output, out bool isNull);
            if (isNull) texts.AppendNull();
            else texts.Append(text);
        }

        return texts.Build();
    }

    private int[] Sort()
    {
        (ulong[] Of, bool AreExact)[] marks = [.. _plan.Order.Select(MarksOf)];
        int Compare(int one, int other)
        {
            for (int i = 0; i < marks.Length; i++)
            {
                int order = marks[i].Of[one].CompareTo(marks[i].Of[other]);
                if (order == 0 && !marks[i].AreExact) order = CompareTexts(one, other, _plan.Order[i]);
                if (order != 0) return order;
            }

            return 0;
        }

        ulong[] second = marks.Length > 1 && marks[0].AreExact ? marks[1].Of : [];
        return GroupOrder.Sort(marks[0].Of, second, Compare);
    }

    // By group: a number that is in order as the output is, and differs where it differs if they are exact.
    private (ulong[] Of, bool AreExact) MarksOf((int Output, bool IsDescending) order)
    {
        ulong[] marks = new ulong[_groups.Count];
        bool isTime = _plan.Outputs[order.Output] is DirectOutput.BucketStart;
        bool areExact = true;
        ulong turn = order.IsDescending ? ulong.MaxValue : 0;
        Span<byte> beginning = stackalloc byte[sizeof(ulong)];
        for (int group = 0; group < marks.Length; group++)
        {
            if (isTime)
            {
                marks[group] = (ulong)TimeOf(group, order.Output) ^ (1UL << 63) ^ turn;
                continue;
            }

            ReadOnlySpan<byte> text = TextOf(group, order.Output, out bool isNull);
            int bytes = Math.Min(text.Length, TextMarkBytes);
            areExact &= text.Length == bytes;
            beginning.Clear();
            text[..bytes].CopyTo(beginning);
            beginning[TextMarkBytes] = (byte)(1 + Math.Min(text.Length, TextMarkBytes + 1));
            marks[group] = isNull ? NullMark : BinaryPrimitives.ReadUInt64BigEndian(beginning) ^ turn;
        }

        return (marks, areExact);
    }

    // Nulls last, whatever the direction.
    private int CompareTexts(int one, int other, (int Output, bool IsDescending) order)
    {
        ReadOnlySpan<byte> left = TextOf(one, order.Output, out bool isLeftNull);
        ReadOnlySpan<byte> right = TextOf(other, order.Output, out bool isRightNull);
        return (isLeftNull, isRightNull) switch
        {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => -1,
            _ => (order.IsDescending ? -1 : 1) * left.SequenceCompareTo(right),
        };
    }

    // Arrow finds the values of a column anew at each access: times are taken out once.
    private sealed class Part(IEnumerable<IArrowArray> arrays)
    {
        public IArrowArray[] Columns { get; } = Wide([.. arrays]);

        // In nanoseconds, by column; null for columns of anything else.
        public long[]?[] Times => field ??= [.. Columns.Select(column => column is TimestampArray times
            ? OutputTimes.Of(times) : null)];

        // Columns that came as one stay one.
        private static IArrowArray[] Wide(IArrowArray[] arrays)
        {
            IArrowArray[] wide = new IArrowArray[arrays.Length];
            for (int i = 0; i < wide.Length; i++)
            {
                int first = ShortIntegers.Are(arrays[i]) ? Array.IndexOf(arrays, arrays[i]) : i;
                wide[i] = first < i ? wide[first]
                    : ShortIntegers.Are(arrays[i]) ? ShortIntegers.Widen(arrays[i]) : arrays[i];
            }

            return wide;
        }
    }
}
