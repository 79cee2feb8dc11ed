using System.Collections.Immutable;

namespace TsDb.Model;

/// <summary>
/// The tags and fields of a table in the order they were first seen. Immutable: a new column makes a new
/// schema whose
/// columns keep their places. A name is a tag or a field of a table, never both.
/// </summary>
public sealed class TableSchema
{
    private readonly ImmutableDictionary<string, Column> _byName;

    /// <summary>Creates a schema; throws <see cref="ErrorKind.Conflict"/> if a name appears twice.</summary>
    public TableSchema(TableId table, ImmutableArray<Column> tags, ImmutableArray<Column> fields)
    {
        (Table, Tags, Fields) = (table, tags, fields);
        ImmutableDictionary<string, Column>.Builder byName =
            ImmutableDictionary.CreateBuilder<string, Column>(StringComparer.Ordinal);
        foreach (Column column in tags.Concat(fields))
        {
            if (!byName.TryAdd(column.Name, column))
            {
                throw new TsDbException(
                    ErrorKind.Conflict, $"table {table} has column '{column.Name}' twice");
            }
        }

        _byName = byName.ToImmutable();
    }

    /// <summary>The table described.</summary>
    public TableId Table { get; }

    /// <summary>Tag columns, first seen first.</summary>
    public ImmutableArray<Column> Tags { get; }

    /// <summary>Field columns, first seen first.</summary>
    public ImmutableArray<Column> Fields { get; }

    /// <summary>A table without columns.</summary>
    public static TableSchema Empty(TableId table) => new(table, [], []);

    /// <summary>The column of that exact name, or null.</summary>
    public Column? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>
    /// This schema with the columns it lacks appended. Throws <see cref="ErrorKind.Conflict"/> if a column is
    /// known
    /// with another role or type.
    /// </summary>
    public TableSchema With(IEnumerable<Column> columns)
    {
        ImmutableArray<Column>.Builder tags = Tags.ToBuilder();
        ImmutableArray<Column>.Builder fields = Fields.ToBuilder();
        HashSet<string> added = new(StringComparer.Ordinal);
        foreach (Column column in columns)
        {
            Column? known = Find(column.Name);
            if (known is not null && known != column)
            {
                throw new TsDbException(
                    ErrorKind.Conflict,
                    $"column '{column.Name}' of {Table} is {known.Role} {known.Type}, "
                    + $"not {column.Role} {column.Type}");
            }

            if (known is not null || !added.Add(column.Name)) continue;
            (column.Role == ColumnRole.Tag ? tags : fields).Add(column);
        }

        return added.Count == 0 ? this : new TableSchema(Table, tags.ToImmutable(), fields.ToImmutable());
    }
}
