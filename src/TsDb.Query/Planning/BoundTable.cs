using System.Text.Json.Nodes;

namespace TsDb.Query.Planning;

/// <summary>One use of a table in a statement, under the plain name that the rewritten statement gives
/// it.</summary>
/// <param name="RelationName">__ts_t0, __ts_t1, ...</param>
/// <param name="Alias">The name by which the statement qualifies its columns.</param>
/// <param name="Table">The resolved table.</param>
/// <param name="Node">The FROM item in the rewritten tree.</param>
internal sealed record BoundTable(string RelationName, string Alias, ResolvedTable Table, JsonObject Node)
{
    /// <summary>The SQL name of the column of that name in any case; null if the table has none.</summary>
    public string? FindColumn(string name)
    {
        if (name.Equals(TypeResolver.TimeName,
            StringComparison.OrdinalIgnoreCase)) return TypeResolver.TimeName;
        if (name.Equals(TypeResolver.EdgeName,
            StringComparison.OrdinalIgnoreCase)) return TypeResolver.EdgeName;
        foreach (ResolvedColumn column in Table.Columns)
        {
            if (column.SqlName.Equals(name, StringComparison.OrdinalIgnoreCase)) return column.SqlName;
        }

        return null;
    }

    /// <summary>The SQL name of the column that a reference certainly means in a FROM of this table
    /// alone.</summary>
    public string? ColumnOf(string[] parts) => parts switch
    {
        [string name] => FindColumn(name),
        [string table, string name] when table.Equals(Alias, StringComparison.OrdinalIgnoreCase) =>
            FindColumn(name),
        _ => null,
    };
}
