using TsDb.Simulation.Fleet;

namespace TsDb.Simulation.Truth;

/// <summary>
/// What clients of one edge wrote and were told. Writes are numbered in their order, and each field holds the
/// number of the write that set it, so that any answer can be judged: it may be no older than the newest
/// acknowledged write, and must be a write that somebody made.
/// </summary>
internal sealed class PointTruth
{
    private const int FieldCount = 3;

    private readonly SortedDictionary<PointKey, History> _points = new(Comparer<PointKey>.Create(Compare));
    private readonly PointTruth? _parent;
    private IReadOnlyDictionary<PointKey, long[]>? _held;

    /// <summary>The truth of a new edge.</summary>
    public PointTruth()
    {
    }

    /// <summary>
    /// The truth of a clone: what the original's clients were told so far. What its own clients write may
    /// turn up under the original's name, and from now on the clone's copies may come over newer points.
    /// </summary>
    public PointTruth(PointTruth original)
    {
        _parent = original;
        foreach ((PointKey key, History history) in original._points) _points.Add(key, history.Copy());
        original._held = original.Floors();
        original.HasRegressed = HasRegressed = true;
    }

    /// <summary>Points of a table that were written, acknowledged or not, and can be seen.</summary>
    public int Count(string table, PointFilter mask) =>
        _points.Keys.Count(key => key.Table == table && mask.Shows(key));

    /// <summary>True once an older state may have come back over a newer one (a restored edge).</summary>
    public bool HasRegressed { get; private set; }

    /// <summary>A write is under way: from now on it may be there.</summary>
    public void Try(PointKey key, Fields fields, long number)
    {
        if (!_points.TryGetValue(key, out History? history)) _points.Add(key, history = new History());
        history.Add(fields, number);
        _parent?.Try(key, fields, number);
    }

    /// <summary>The write was acknowledged: from now on it or a newer one is there.</summary>
    /// <param name="key">The point.</param>
    /// <param name="fields">The fields that it sets.</param>
    /// <param name="number">The number of the write.</param>
    /// <param name="isRepeat">True if it failed before: its place in the order is not its number's.</param>
    public void Acknowledge(PointKey key, Fields fields, long number, bool isRepeat)
    {
        if (!isRepeat) _points[key].InOrder.Add((fields, number));
        for (int field = 0; field < FieldCount; field++)
        {
            if (!fields.HasFlag((Fields)(1 << field))) continue;
            ref long floor = ref _points[key].Floors[field];
            long held = _held?.GetValueOrDefault(key)?[field] ?? 0;
            floor = Math.Max(floor, held == 0 ? number : Math.Min(number, Math.Abs(held)));
        }
    }

    /// <summary>True if nothing newer of the point was tried.</summary>
    public bool IsNewest(PointKey key, long number) => _points[key].Newest <= number;

    /// <summary>
    /// The oldest write that may be there now, to be put back later: as a negative number where it may be
    /// missing as well.
    /// </summary>
    public IReadOnlyDictionary<PointKey, long[]> Floors() => _points.ToDictionary(
        point => point.Key,
        point => Enumerable.Range(0, FieldCount).Select(point.Value.OldestNow).ToArray());

    /// <summary>
    /// The edge is what it was when <paramref name="floors"/> were taken: of what came later only what was
    /// durable is sure, and older values may be newer now.
    /// </summary>
    public void Regress(
        IReadOnlyDictionary<PointKey, long[]> floors, IReadOnlyDictionary<PointKey, PointValue> durable)
    {
        HasRegressed = true;
        foreach ((PointKey key, History history) in _points)
        {
            long[]? before = floors.GetValueOrDefault(key);
            PointValue sure = durable.GetValueOrDefault(key);
            for (int field = 0; field < FieldCount; field++)
            {
                long old = before?[field] ?? 0;
                long kept = old == 0 || sure[field] == 0 ? Math.Max(old, sure[field])
                    : Math.Min(Math.Abs(old), sure[field]);
                history.Floors[field] = Math.Min(history.Floors[field], kept);
            }
        }
    }

    /// <summary>Judges points that were found; what is durable elsewhere may be missing there.</summary>
    public void Check(
        PointSet found, IReadOnlyDictionary<PointKey, PointValue>? elsewhere, string where,
        PointFilter final)
    {
        foreach ((PointKey key, PointValue value) in found.Points)
        {
            if (!_points.TryGetValue(key, out History? history))
                throw new SimulationException($"{where}: {key} was never written");
            for (int field = 0; field < FieldCount; field++)
            {
                if (value[field] != 0 && !history.Has(field, value[field]))
                    throw new SimulationException($"{where}: {key} has {value}, which nobody wrote");
            }
        }

        CheckFloors(found, elsewhere, where, final.Shows);
    }

    /// <summary>Judges what the cloud has of a table when all is in place.</summary>
    public void CheckTable(string table, PointSet found, PointFilter mask, string where) =>
        CheckFloors(found, elsewhere: null, where, key => key.Table == table && mask.Shows(key));

    private void CheckFloors(
        PointSet found,
        IReadOnlyDictionary<PointKey, PointValue>? elsewhere,
        string where,
        Func<PointKey, bool> isWanted)
    {
        foreach ((PointKey key, History history) in _points)
        {
            if (!isWanted(key)) continue;
            PointValue value = found.Points.GetValueOrDefault(key);
            PointValue other = elsewhere?.GetValueOrDefault(key) ?? default;
            for (int field = 0; field < FieldCount; field++)
            {
                long floor = history.Floors[field];
                if (Math.Max(value[field], other[field]) >= floor) continue;
                throw new SimulationException(
                    $"{where}: {key} must have write {floor} in field {field} and has {value}")
                {
                    Key = key,
                };
            }
        }
    }

    /// <summary>Judges the points of an answer that called itself complete.</summary>
    public void CheckAnswer(
        PointSet found, IReadOnlyDictionary<PointKey, PointValue> durableBefore, string where)
    {
        foreach ((PointKey key, PointValue value) in found.Points)
        {
            if (!_points.TryGetValue(key, out History? history))
                throw new SimulationException($"{where}: {key} was never written");
            for (int field = 0; field < FieldCount; field++)
            {
                if (value[field] != 0 && !history.Has(field, value[field]))
                    throw new SimulationException($"{where}: {key} has {value}, which nobody wrote");
            }
        }

        foreach ((PointKey key, PointValue sure) in durableBefore)
        {
            PointValue value = found.Points.GetValueOrDefault(key);
            for (int field = 0; field < FieldCount; field++)
            {
                bool isThere = HasRegressed || sure[field] == 0
                    ? sure[field] == 0 || value[field] != 0
                    : value[field] >= sure[field];
                if (isThere) continue;
                throw new SimulationException(
                    $"{where}: write {sure[field]} of {key} was durable before and {value} is answered")
                {
                    Key = key,
                };
            }
        }
    }

    /// <summary>The newest acknowledged writes of the fields of a table's points.</summary>
    public Dictionary<PointKey, long[]> Acknowledged(string table) => _points
        .Where(point => point.Key.Table == table && point.Value.Floors.Any(floor => floor > 0))
        .ToDictionary(point => point.Key, point => (long[])point.Value.Floors.Clone());

    /// <summary>
    /// Judges what is said to be all that the edge had at one moment since <paramref name="before"/> was
    /// acknowledged: with a write everything is there that was acknowledged before it.
    /// </summary>
    public void CheckMoment(
        PointSet found, string table, IReadOnlyDictionary<PointKey, long[]> before, PointFilter mask,
        string where)
    {
        long last = found.Points.Values.Select(p => Math.Max(p.V, Math.Max(p.F, p.S))).DefaultIfEmpty().Max();
        foreach ((PointKey key, History history) in _points)
        {
            if (key.Table != table || !mask.Shows(key)) continue;
            PointValue value = found.Points.GetValueOrDefault(key);
            long[]? floors = before.GetValueOrDefault(key);
            for (int field = 0; field < FieldCount; field++)
            {
                long least = Math.Max(floors?[field] ?? 0, history.NewestInOrder(field, last));
                if (value[field] >= least) continue;
                throw new SimulationException(
                    $"{where}: {key} has {value}, not write {least} in field {field}, but write {last} of "
                    + "another point is there")
                {
                    Key = key,
                };
            }
        }
    }

    private static int Compare(PointKey a, PointKey b)
    {
        int order = string.CompareOrdinal(a.Table, b.Table);
        if (order == 0) order = string.CompareOrdinal(a.Host, b.Host);
        return order == 0 ? a.Time.CompareTo(b.Time) : order;
    }

    private sealed class History
    {
        private readonly List<(Fields Fields, long Number)> _writes = [];

        public long[] Floors { get; } = new long[FieldCount];

        // Acknowledged at the first try, so in the order of their numbers.
        public List<(Fields Fields, long Number)> InOrder { get; } = [];

        public long Newest => _writes[^1].Number;

        public long OldestNow(int field) => Floors[field] != 0
            ? Floors[field]
            : -_writes.FirstOrDefault(write => write.Fields.HasFlag((Fields)(1 << field))).Number;

        public History Copy()
        {
            History copy = new();
            copy._writes.AddRange(_writes);
            Floors.CopyTo(copy.Floors, 0);
            return copy;
        }

        public void Add(Fields fields, long number) => _writes.Add((fields, number));

        public long NewestInOrder(int field, long last) => InOrder.LastOrDefault(
            write => write.Number <= last && write.Fields.HasFlag((Fields)(1 << field))).Number;

        public bool Has(int field, long number) => _writes.Any(
            write => write.Number == number && write.Fields.HasFlag((Fields)(1 << field)));
    }
}
