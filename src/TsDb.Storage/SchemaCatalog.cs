using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Storage;

/// <summary>
/// The schemas of all tables at one moment, fixed in log order. Immutable: a commit that adds a column makes
/// a new catalog, a commit that fails leaves the old one.
/// </summary>
public sealed class SchemaCatalog
{
    private readonly ImmutableSortedDictionary<TableId, TableSchema> _tables;

    private SchemaCatalog(ImmutableSortedDictionary<TableId, TableSchema> tables) => _tables = tables;

    /// <summary>No tables.</summary>
    public static SchemaCatalog Empty { get; } = new(ImmutableSortedDictionary<TableId, TableSchema>.Empty);

    /// <summary>Number of tables in all databases.</summary>
    public int TableCount => _tables.Count;

    /// <summary>Every schema, ordered by table.</summary>
    public IEnumerable<TableSchema> All => _tables.Values;

    /// <summary>The databases that have a table, in ordinal order.</summary>
    public IEnumerable<string> Databases =>
        _tables.Keys.Select(table => table.Database).Distinct(StringComparer.Ordinal);

    /// <summary>The schema of a table, or null if no point was ever committed to it.</summary>
    public TableSchema? Find(TableId table) => _tables.GetValueOrDefault(table);

    /// <summary>The schemas of one database, ordered by table; none if the database does not exist.</summary>
    public IEnumerable<TableSchema> Tables(string database) =>
        _tables.Where(table => table.Key.Database == database).Select(table => table.Value);

    /// <summary>This catalog with one table's schema replaced or added.</summary>
    public SchemaCatalog With(TableSchema schema) => new(_tables.SetItem(schema.Table, schema));
}
