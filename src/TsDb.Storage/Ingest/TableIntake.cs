using System.Runtime.CompilerServices;
using TsDb.Codec.LineProtocol;
using TsDb.Columnar;
using TsDb.Columnar.Building;
using TsDb.Model;

namespace TsDb.Storage.Ingest;

/// <summary>
/// The points of one request for one table, checked against the schema that the request is parsed against and
/// against what earlier points of the request added to it. A point that is refused leaves nothing behind.
/// </summary>
internal sealed class TableIntake : IDisposable
{
    private readonly RequestTables _owner;
    private readonly TableSchema? _schema;
    private readonly TableBatchBuilder _builder;

    // Names as they are written; the number of a name is the number of its column. Field names carry their
    // '='.
    private readonly ByteKeyMap _tagNames;
    private readonly ByteKeyMap _fieldNames;
    private readonly FieldGuesses _guesses = new();
    private long[] _usual = new long[16];
    private readonly List<string> _names = [];
    private int _namesKept;
    private int _columnsAdded;
    private int _columnsAddedKept;
    private readonly List<string> _tags = [];
    private readonly HashSet<Day> _days = [];
    private ulong? _seriesKey;
    private bool _seriesIsKnown;

    public TableIntake(RequestTables owner, TableId table, TableSchema? schema)
    {
        (_owner, _schema) = (owner, schema);
        _builder = new TableBatchBuilder(table, owner.HashSeed);
        _tagNames = new ByteKeyMap(owner.HashSeed);
        _fieldNames = new ByteKeyMap(owner.HashSeed);
    }

    /// <summary>True if the schemas do not know the table yet.</summary>
    public bool IsNew => _schema is null;

    /// <summary>Number of points taken.</summary>
    public int RowCount => _builder.RowCount;

    /// <summary>Cells that the columns have room for.</summary>
    public long CellCount => (long)_builder.RowCount * (_builder.FieldCount + TableBatch.FieldsStart);

    /// <summary>The day of the last point.</summary>
    public TimeRange LastDay { get; private set; }

    /// <summary>Tag values and series that the node does not know yet; null for none.</summary>
    public NewTagValues? NewTagValues { get; private set; }

    private string Table => _builder.Table.Table;

    /// <summary>Starts a tag set. <paramref name="keyHash"/> is the hash of its key as written, if it has
    /// one.</summary>
    public void BeginSeries(ulong? keyHash)
    {
        _builder.BeginSeries();
        _seriesKey = keyHash ^ _owner.DatabaseHash;
        _seriesIsKnown = _seriesKey is { } key && _owner.TagValues.KnowsSeries(key);
    }

    public int EndSeries()
    {
        if (!_seriesIsKnown && _seriesKey is { } key) NewTagValues?.AddSeries(key);
        return _builder.EndSeries();
    }

    /// <summary>Notes the day of a point; true if the table has none of that day yet.</summary>
    public bool TouchDay(Day day)
    {
        LastDay = day.Range;
        return _days.Add(day);
    }

    /// <summary>
    /// Gives the series a tag. <paramref name="position"/> is the tag's place in its line, as a guess.
    /// </summary>
    public Refusal? TakeTag(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, int position, int offset)
    {
        int tag = position < _tagNames.Count && _tagNames[position].SequenceEqual(name)
            ? position
            : _tagNames.Find(name, out _);
        if (tag < 0)
        {
            Refusal? refusal = AddTag(name, offset);
            if (refusal is not null) return refusal;
            tag = _tagNames.Count - 1;
        }

        if (!_builder.SetTag(tag, value))
            return new Refusal(RefusalKind.Malformed, LineFault.DuplicateTags.Reason(), offset);
        if (_seriesIsKnown) return null;
        NewTagValues ??=
            new NewTagValues(_owner.TagValues, _builder.Table, _owner.Limits, _owner.HashSeed);
        return NewTagValues.TryAdd(_tags[tag], value) ? null : TooManyValues(_tags[tag], offset);
    }

    /// <summary>
    /// Takes the fields of a line. Null with a fault in the reader means that the reader has the reason.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public Refusal? TakeFields(ref LineReader reader)
    {
        int position = reader.ReadUsual(_guesses, _usual);
        _builder.SetFirst(_usual.AsSpan(0, position));
        while (true)
        {
            ReadOnlySpan<byte> guess = position < _fieldNames.Count ? _fieldNames[position] : default;
            if (!reader.NextField(guess, out bool guessed)) return null;
            int field = position;
            if (!guessed)
            {
                Refusal? refusal =
                    FindField(reader.FieldNameAssigned, reader.FieldType, reader.Offset, out field);
                if (refusal is not null) return refusal;
            }

            FieldColumn column = _builder.Field(field);
            if (column.Type != reader.FieldType) return TypeConflict(column, reader.FieldType, reader.Offset);
            if (column.Length > RowCount && _owner.Dialect == IngestDialect.V3)
                return new Refusal(
                    RefusalKind.Malformed, IngestWords.DuplicateField(column.Name), reader.Offset);
            if (reader.FieldType != FieldType.String) column.Set(RowCount, reader.FieldBits);
            else if (TakeText(ref reader, column) is { } tooLong) return tooLong;
            position = field + 1;
        }
    }

    /// <summary>The column of a field, added if it is new. The name carries its '='.</summary>
    public Refusal? FindField(ReadOnlySpan<byte> nameAssigned, FieldType type, int offset, out int field)
    {
        field = _fieldNames.Find(nameAssigned, out ulong hash);
        if (field >= 0) return null;
        string name = _owner.TextOf(nameAssigned[..^1], isMeasurement: false);
        if (name == "time")
            return new Refusal(RefusalKind.Malformed, IngestWords.ReservedField(Table, name), offset);
        Column? known = _schema?.Find(name) ?? FindTagHere(name);
        if (known?.Role == ColumnRole.Tag)
        {
            return new Refusal(
                RefusalKind.Conflict, IngestWords.RoleConflict(_owner.Dialect, Table, known), offset);
        }

        if (known is null && AddColumn(offset) is { } full) return full;
        field = _builder.AddField(name, known?.Type ?? type);
        _owner.RequireRoom();
        _fieldNames.Add(nameAssigned, hash);
        _guesses.Add(nameAssigned, _builder.Field(field).Type);
        if (_usual.Length < _guesses.Count) Array.Resize(ref _usual, 2 * _usual.Length);
        _names.Add(name);
        return null;
    }

    /// <summary>A field's column, by its number.</summary>
    public FieldColumn Column(int field) => _builder.Field(field);

    public Refusal TypeConflict(FieldColumn column, FieldType given, int offset) => new(
        RefusalKind.Conflict,
        IngestWords.TypeConflict(_owner.Dialect, Table, column.Name, given, column.Type),
        offset);

    /// <summary>Takes the point as a whole.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void EndRow(int series, long timeNanoseconds)
    {
        _builder.EndRow(series, timeNanoseconds);
        _columnsAddedKept = _columnsAdded;
        _namesKept = _names.Count;
        NewTagValues?.Keep();
    }

    /// <summary>Forgets what the point at hand brought.</summary>
    public void RollBack()
    {
        _builder.RollBack();
        _tagNames.Truncate(_builder.TagCount);
        _tags.RemoveRange(_builder.TagCount, _tags.Count - _builder.TagCount);
        NewTagValues?.RollBack();
        _fieldNames.Truncate(_builder.FieldCount);
        _guesses.Truncate(_builder.FieldCount);
        _columnsAdded = _columnsAddedKept;
        _names.RemoveRange(_namesKept, _names.Count - _namesKept);
    }

    public TableBatch Build() => _builder.Build();

    public void Dispose()
    {
        _builder.Dispose();
        _tagNames.Dispose();
        _fieldNames.Dispose();
    }

    private Refusal? TakeText(ref LineReader reader, FieldColumn column)
    {
        ReadOnlySpan<byte> text = reader.FieldText;
        if (text.Length > _owner.Limits.TextBytesMax)
        {
            return new Refusal(
                RefusalKind.Limit,
                $"text of field \"{column.Name}\" is longer than {_owner.Limits.TextBytesMax} bytes",
                reader.Offset);
        }

        if (!reader.FieldTextIsEscaped)
        {
            text.CopyTo(column.SetText(RowCount, text.Length));
            return null;
        }

        Span<byte> plain = _owner.Scratch(text.Length);
        plain = plain[..LineBytes.UnescapeText(text, plain)];
        plain.CopyTo(column.SetText(RowCount, plain.Length));
        return null;
    }

    private Refusal? AddTag(ReadOnlySpan<byte> rawName, int offset)
    {
        string name = _owner.TextOf(rawName, isMeasurement: false);
        if (name is "time" or "_field" or "_measurement")
            return new Refusal(RefusalKind.Malformed, IngestWords.ReservedTag(name), offset);
        Column? known = _schema?.Find(name) ?? FindFieldHere(name);
        if (known?.Role == ColumnRole.Field)
        {
            return new Refusal(
                RefusalKind.Conflict, IngestWords.RoleConflict(_owner.Dialect, Table, known), offset);
        }

        if (known is null && AddColumn(offset) is { } full) return full;
        _builder.AddTag(name);
        _tags.Add(name);
        _tagNames.Find(rawName, out ulong hash);
        _tagNames.Add(rawName, hash);
        _names.Add(name);
        return null;
    }

    private Refusal TooManyValues(string tag, int offset) => new(
        RefusalKind.Limit,
        $"tag \"{tag}\" of table \"{Table}\" has its {_owner.Limits.TagValuesMax} values of today "
            + $"(or all tags their {_owner.Limits.TagValuesOfAllMax}), more are not allowed",
        offset);

    private Refusal? AddColumn(int offset)
    {
        int known = _schema is null ? 0 : _schema.Tags.Length + _schema.Fields.Length;
        if (known + _columnsAdded >= _owner.Limits.ColumnsPerTableMax)
        {
            return new Refusal(
                RefusalKind.Limit,
                $"table \"{Table}\" has its {_owner.Limits.ColumnsPerTableMax} columns, more are not allowed",
                offset);
        }

        _columnsAdded++;
        return null;
    }

    /// <summary>A tag that this request brought, before the schema knows it.</summary>
    private Column? FindTagHere(string name)
    {
        if (!_names.Contains(name)) return null;
        for (int tag = 0; tag < _tagNames.Count; tag++)
        {
            if (_owner.TextOf(_tagNames[tag], isMeasurement: false) == name)
                return new Column(name, ColumnRole.Tag, FieldType.String);
        }

        return null;
    }

    private Column? FindFieldHere(string name)
    {
        if (!_names.Contains(name)) return null;
        for (int field = 0; field < _builder.FieldCount; field++)
        {
            if (_builder.Field(field).Name == name)
                return new Column(name, ColumnRole.Field, _builder.Field(field).Type);
        }

        return null;
    }
}
