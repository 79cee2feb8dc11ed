using System.Text.Json.Nodes;
using TsDb.Query.Analysis;

namespace TsDb.Query.Planning;

/// <summary>
/// What one use of a table must bring along: which columns, and which conditions its rows must meet whatever
/// the rest of
/// the statement does with them.
/// </summary>
internal sealed record TableUse(
    BoundTable Table, IReadOnlySet<string>? Columns, IReadOnlyList<JsonObject> Conditions)
{
    /// <summary>The scope of the scan.</summary>
    public ScanScope Scope => ScopeFinder.Find(
        Conditions, (e, name) => Table.ColumnOf(e.ColumnNames()) == name, Columns);

    /// <summary>The uses of a statement's tables, in the order of the tables.</summary>
    public static IReadOnlyList<TableUse> Find(BoundStatement bound)
    {
        Dictionary<string, IReadOnlyList<JsonObject>> conditions = [];
        HashSet<string> whole = [];
        bool isUnderstood = ColumnsUsed.AreAllVisible(bound.Tree);
        foreach (JsonObject select in bound.Tree.Walk().Where(node => node.IsType("SELECT_NODE")))
        {
            List<FromItem> items = FromItem.Read(select.Object("from_table"), bound);
            bool isSampled = select["sample"] is not null;
            bool takesAll = ColumnsUsed.HasStar(select) || ColumnsUsed.HasNaturalJoin(select);
            foreach (FromItem item in items)
            {
                if (item.Table is not { } table) continue;
                bool isRenamed = item.Node["column_name_alias"] is JsonArray { Count: > 0 };
                if (takesAll || isRenamed) whole.Add(table.RelationName);
                if (isSampled || isRenamed || !item.IsFiltered || item.Node["sample"] is not null) continue;
                conditions[table.RelationName] =
                [
                    .. ScopeFinder.Conjuncts(select.Object("where_clause")).Where(condition =>
                        RowExpression.IsOver(condition, names => IsCertainly(item, items, names))),
                ];
            }
        }

        HashSet<string> used = ColumnsUsed.Names(bound.Tree);
        return
        [
            .. bound.Tables.Select(table => new TableUse(
                table,
                isUnderstood && !whole.Contains(table.RelationName)
                    && !ColumnsUsed.HasWholeRow(bound.Tree, table)
                    ? ColumnsUsed.Of(table, used)
                    : null,
                conditions.GetValueOrDefault(table.RelationName) ?? [])),
        ];
    }

    // An unqualified name is the table's if nothing else in the FROM can have such a column.
    private static bool IsCertainly(FromItem item, List<FromItem> items, string[] names) => names switch
    {
        [string name] => item.Table!.FindColumn(name) is not null
            && items.All(other =>
                other == item || (other.Table is { } table && table.FindColumn(name) is null)),
        [string alias, string name] => alias.Equals(item.Table!.Alias, StringComparison.OrdinalIgnoreCase)
            && item.Table.FindColumn(name) is not null
            && items.Count(other => other.HasName(alias)) == 1,
        _ => false,
    };
}
