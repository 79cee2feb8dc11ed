using Apache.Arrow;
using TsDb.Model;
using TsDb.Query.Scan;

namespace TsDb.Query.Catalog;

/// <summary>
/// The rows of <c>information_schema</c>. A database is both catalog and schema, so that
/// <c>table_schema.table_name</c> is a table's full name.
/// </summary>
public static class ListingRows
{
    /// <summary>The relation of a list.</summary>
    /// <param name="listing">The list.</param>
    /// <param name="databases">All databases, for the list of them.</param>
    /// <param name="tables">The tables of the list's database.</param>
    public static Relation.Rows Of(
        Listing listing, IEnumerable<string> databases, IEnumerable<ResolvedTable> tables)
    {
        ResolvedTable[] ordered = [.. tables.OrderBy(table => table.Table)];
        return listing.Kind switch
        {
            ListingKind.Tables => Tables(listing.RelationName, ordered),
            ListingKind.Columns => Columns(listing.RelationName, ordered),
            _ => Schemata(listing.RelationName,
                [.. databases.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]),
        };
    }

    private static Relation.Rows Schemata(string name, string[] databases) => Rows(
        name, databases.Length, ("catalog_name", Texts(databases)), ("schema_name", Texts(databases)));

    private static Relation.Rows Tables(string name, ResolvedTable[] tables) => Rows(
        name,
        tables.Length,
        ("table_catalog", Texts(tables.Select(table => table.Table.Database))),
        ("table_schema", Texts(tables.Select(table => table.Table.Database))),
        ("table_name", Texts(tables.Select(table => table.Table.Table))),
        ("table_type", Texts(tables.Select(_ => "BASE TABLE"))));

    private static Relation.Rows Columns(string name, ResolvedTable[] tables)
    {
        (TableId Table, int Ordinal, ListedColumn Column)[] columns =
        [
            .. tables.SelectMany(table => ListedColumn.Of(table).Select((column, i) =>
                (table.Table, i + 1, column))),
        ];
        return Rows(
            name,
            columns.Length,
            ("table_catalog", Texts(columns.Select(c => c.Table.Database))),
            ("table_schema", Texts(columns.Select(c => c.Table.Database))),
            ("table_name", Texts(columns.Select(c => c.Table.Table))),
            ("column_name", Texts(columns.Select(c => c.Column.Name))),
            ("ordinal_position", Numbers(columns.Select(c => c.Ordinal))),
            ("column_default", Texts(columns.Select(_ => (string?)null))),
            ("is_nullable", Texts(columns.Select(c => c.Column.IsKey ? "NO" : "YES"))),
            ("data_type", Texts(columns.Select(c => c.Column.Type))),
            ("column_role", Texts(columns.Select(c => c.Column.Role))),
            ("written_name", Texts(columns.Select(c => c.Column.Written))),
            ("has_conflict", Flags(columns.Select(c => c.Column.HasConflict))));
    }

    private static Relation.Rows Rows(
        string name, int count, params (string Name, IArrowArray Values)[] columns)
    {
        Schema schema = new(
            columns.Select(column => new Field(column.Name, column.Values.Data.DataType, nullable: true)),
            null);
        RecordBatch[] batches =
            count == 0 ? [] : [new RecordBatch(schema, columns.Select(column => column.Values), count)];
        return new Relation.Rows(name, schema, batches);
    }

    private static StringArray Texts(IEnumerable<string?> values)
    {
        StringArray.Builder builder = new();
        foreach (string? value in values)
        {
            if (value is null) builder.AppendNull();
            else builder.Append(value);
        }

        return builder.Build();
    }

    private static Int32Array Numbers(IEnumerable<int> values) =>
        new Int32Array.Builder().AppendRange(values).Build();

    private static BooleanArray Flags(IEnumerable<bool> values) =>
        new BooleanArray.Builder().AppendRange(values).Build();

    private sealed record ListedColumn(string Name, string Written, string Type, string Role)
    {
        public bool IsKey { get; init; }

        public bool HasConflict { get; init; }

        public static IEnumerable<ListedColumn> Of(ResolvedTable table)
        {
            yield return new(TypeResolver.TimeName, TypeResolver.TimeName, "TIMESTAMP_NS", "time")
            {
                IsKey = true,
            };
            yield return new(TypeResolver.EdgeName, TypeResolver.EdgeName, "VARCHAR", "edge")
            {
                IsKey = true,
            };
            foreach (ResolvedColumn column in table.Columns)
            {
                string role = column.Role == ColumnRole.Tag ? "tag" : "field";
                yield return new(column.SqlName, column.Name, ScanText.TypeName(column.Type), role)
                {
                    HasConflict = column.HasConflict,
                };
            }
        }
    }
}
