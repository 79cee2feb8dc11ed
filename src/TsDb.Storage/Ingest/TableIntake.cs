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
    private readonly List<string> _names = [];
    private int _namesKept;
    private int _columnsAdded;
    private int _columnsAddedKept;

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

    private string Table => _builder.Table.Table;

    public void BeginSeries() => _builder.BeginSeries();

    public int EndSeries() => _builder.EndSeries();

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

        if (_builder.SetTag(tag, value)) return null;
        return new Refusal(RefusalKind.Malformed, LineFault.DuplicateTags.Reason(), offset);
    }

    /// <summary>
    /// Takes the fields of a line. Null with a fault in the reader means that the reader has the reason.
    /// </summary>
    public Refusal? TakeFields(ref LineReader reader)
    {
        int position = 0;
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
    public void EndRow(int series, long timeNanoseconds)
    {
        _builder.EndRow(series, timeNanoseconds);
        _columnsAddedKept = _columnsAdded;
        _namesKept = _names.Count;
    }

    /// <summary>Forgets what the point at hand brought.</summary>
    public void RollBack()
    {
        _builder.RollBack();
        _tagNames.Truncate(_builder.TagCount);
        _fieldNames.Truncate(_builder.FieldCount);
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
        _tagNames.Find(rawName, out ulong hash);
        _tagNames.Add(rawName, hash);
        _names.Add(name);
        return null;
    }

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
