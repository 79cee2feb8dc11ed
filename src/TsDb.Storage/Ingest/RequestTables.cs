using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Text;
using TsDb.Codec.LineProtocol;
using TsDb.Columnar;
using TsDb.Columnar.Building;
using TsDb.Model;

namespace TsDb.Storage.Ingest;

/// <summary>
/// Everything one request collects: its tables, the days it touches, the lines it could not take. One point
/// at a time: <see cref="Table"/>, then <see cref="EndRow"/> or <see cref="RollBack"/>.
/// </summary>
internal sealed class RequestTables : IDisposable
{
    private const long NanosecondsPerTick = 100;

    private readonly SchemaCatalog _schemas;
    private readonly IngestRules _rules;
    private readonly bool _namesAreEscaped;
    private readonly NodeTime _nodeTime;
    private readonly List<TableIntake> _tables = [];
    private readonly ByteKeyMap _tableNames;
    private readonly HashSet<Day> _days = [];
    private readonly long _earliest;
    private readonly long _latest;
    private int _tableDays;
    private int _tablesKept;
    private int? _tablesKnown;
    private byte[] _scratch = [];
    private TableIntake? _open;

    public RequestTables(SchemaCatalog schemas, IngestRules rules, IngestSetup setup, bool namesAreEscaped)
    {
        (_schemas, _rules, _namesAreEscaped) = (schemas, rules, namesAreEscaped);
        (Limits, HashSeed, _nodeTime) = (setup.Limits, setup.HashSeed, setup.NodeTime);
        _tableNames = new ByteKeyMap(HashSeed);
        DatabaseHash = XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(rules.Database), HashSeed);
        long now = _nodeTime.Now;
        TagValues = setup.TagValues.At(now);
        _earliest = Limits.PastMax is { } past ? Moved(now, -past) : long.MinValue;
        _latest = Limits.FutureMax is { } future ? Moved(now, future) : long.MaxValue;
    }

    public IngestLimits Limits { get; }

    public long HashSeed { get; }

    public IngestDialect Dialect => _rules.Dialect;

    /// <summary>What tells the series of this database from those of others.</summary>
    public ulong DatabaseHash { get; }

    /// <summary>The tag values that the node knows.</summary>
    public TagValuePeriod TagValues { get; }

    /// <summary>Points taken.</summary>
    public long RowCount { get; private set; }

    /// <summary>
    /// The table of a measurement, as its number in this request; it becomes the one that is rolled back.
    /// </summary>
    public Refusal? Table(ReadOnlySpan<byte> name, int offset, out int table)
    {
        table = _tableNames.Find(name, out ulong hash);
        if (table < 0)
        {
            TableId id = new(_rules.Database, TextOf(name, isMeasurement: true));
            TableSchema? schema = _schemas.Find(id);
            if (schema is null && LimitOfTables(offset) is { } full) return full;
            _tables.Add(new TableIntake(this, id, schema));
            table = _tableNames.Add(name, hash);
        }

        _open = _tables[table];
        return null;
    }

    /// <summary>A table by its number; it becomes the one that is rolled back.</summary>
    public TableIntake Open(int table) => _open = _tables[table];

    /// <summary>The point's time in nanoseconds: what it says, or now.</summary>
    public Refusal? TimeOf(bool given, long written, int offset, out long nanoseconds)
    {
        if (!given)
        {
            nanoseconds = _rules.Precision.UnitNanoseconds() == 1
                ? _nodeTime.Next()
                : _rules.Precision.Truncate(_nodeTime.Now);
            return null;
        }

        bool fits = _rules.Precision.TryToNanoseconds(written, out nanoseconds);
        bool inRange =
            nanoseconds is >= -LineFaultTexts.TimeMagnitudeMax and <= LineFaultTexts.TimeMagnitudeMax;
        if (fits && (inRange || Dialect == IngestDialect.V3)) return TimeRefusal(nanoseconds, offset);
        return new Refusal(RefusalKind.Malformed, LineFault.TimeOutOfRange.Reason(), offset);
    }

    /// <summary>Why the operator's rule refuses a time; null if it does not.</summary>
    public Refusal? TimeRefusal(long nanoseconds, int offset)
    {
        if (nanoseconds >= _earliest && nanoseconds <= _latest) return null;

        // Agents of InfluxDB 1 know "points beyond retention policy": they drop the points and go on.
        string reason = nanoseconds < _earliest
            ? string.Create(CultureInfo.InvariantCulture,
                $"points beyond retention policy: time {nanoseconds} is older than this node takes "
                + $"({Limits.PastMax})")
            : string.Create(CultureInfo.InvariantCulture,
                $"time {nanoseconds} is further ahead of this node's clock than it takes "
                + $"({Limits.FutureMax})");
        return new Refusal(RefusalKind.Limit, reason, offset);
    }

    /// <summary>
    /// Takes the point; throws <see cref="ErrorKind.TooLarge"/> if the request goes beyond its limits by it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void EndRow(TableIntake table, int series, long timeNanoseconds)
    {
        if (!table.LastDay.Contains(timeNanoseconds)) TouchDay(table, timeNanoseconds);
        table.EndRow(series, timeNanoseconds);
        RowCount++;
        _tablesKept = _tables.Count;
        if ((RowCount & 0xFF) == 0) RequireRoom();
    }

    /// <summary>Forgets what the point at hand brought.</summary>
    public void RollBack()
    {
        _open?.RollBack();
        _open = null;
        _tableNames.Truncate(_tablesKept);
        for (int i = _tablesKept; i < _tables.Count; i++) _tables[i].Dispose();
        _tables.RemoveRange(_tablesKept, _tables.Count - _tablesKept);
    }

    /// <summary>The points as batches, tables in the order of their first point.</summary>
    public ImmutableArray<TableBatch> Build()
    {
        RequireRoom();
        return [.. _tables.Select(table => table.Build())];
    }

    /// <summary>What the points bring that the node does not know yet.</summary>
    public ImmutableArray<NewTagValues> NewTagValues() =>
        [.. _tables.Select(table => table.NewTagValues).OfType<NewTagValues>()];

    /// <summary>Memory for a value's bytes until the next call.</summary>
    public Span<byte> Scratch(int bytes)
    {
        if (_scratch.Length < bytes)
        {
            if (_scratch.Length > 0) ArrayPool<byte>.Shared.Return(_scratch);
            _scratch = ArrayPool<byte>.Shared.Rent(bytes);
        }

        return _scratch.AsSpan(0, bytes);
    }

    /// <summary>A name as text.</summary>
    public string TextOf(ReadOnlySpan<byte> name, bool isMeasurement) =>
        _namesAreEscaped ? LineBytes.NameText(name, isMeasurement) : Encoding.UTF8.GetString(name);

    public void Dispose()
    {
        foreach (TableIntake table in _tables) table.Dispose();
        _tableNames.Dispose();
        if (_scratch.Length > 0) ArrayPool<byte>.Shared.Return(_scratch);
        _scratch = [];
    }

    private Refusal? LimitOfTables(int offset)
    {
        _tablesKnown ??= _schemas.Tables(_rules.Database).Count();
        if (_tablesKnown == 0 && _tables.Count == 0 && _schemas.Databases.Count() >= Limits.DatabasesMax)
        {
            return new Refusal(
                RefusalKind.Limit,
                $"this node has its {Limits.DatabasesMax} databases, more are not allowed",
                offset);
        }

        if (_tablesKnown + _tables.Count(table => table.IsNew) < Limits.TablesPerDatabaseMax) return null;
        return new Refusal(
            RefusalKind.Limit,
            $"database \"{_rules.Database}\" has its {Limits.TablesPerDatabaseMax} tables, "
                + "more are not allowed",
            offset);
    }

    private void TouchDay(TableIntake table, long timeNanoseconds)
    {
        Day day = Day.Of(timeNanoseconds);
        if (table.TouchDay(day) && ++_tableDays > Limits.TableDaysPerRequestMax)
        {
            throw new TsDbException(
                ErrorKind.TooLarge,
                $"the points of one request belong to more than {Limits.TableDaysPerRequestMax} cells "
                    + "(a table's points of one day): send fewer tables or days at a time");
        }

        if (_days.Add(day) && _days.Count > Limits.DaysPerRequestMax)
        {
            throw new TsDbException(
                ErrorKind.TooLarge,
                $"the points of one request lie on more than {Limits.DaysPerRequestMax} days: "
                    + "send fewer days at a time");
        }
    }

    private static long Moved(long nanoseconds, TimeSpan by) => (long)Int128.Clamp(
        nanoseconds + ((Int128)by.Ticks * NanosecondsPerTick), long.MinValue, long.MaxValue);

    /// <summary>
    /// Throws <see cref="ErrorKind.TooLarge"/> if the columns need more room than a request may take.
    /// </summary>
    public void RequireRoom()
    {
        long cells = 0;
        foreach (TableIntake table in _tables) cells += table.CellCount;
        if (cells <= Limits.CellsPerRequestMax) return;
        throw new TsDbException(
            ErrorKind.TooLarge,
            $"the points of one request need more than {Limits.CellsPerRequestMax} values, "
                + "absent ones included: send fewer lines at a time");
    }
}
