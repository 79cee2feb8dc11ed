using System.Text.Json.Nodes;
using TsDb.Query.Analysis;

namespace TsDb.Query.Planning;

/// <summary>One item of a FROM clause, joins opened.</summary>
/// <param name="Node">The item.</param>
/// <param name="Table">The table it is; null for a subquery, a function, a CTE.</param>
/// <param name="IsFiltered">True if a row of it that fails the WHERE conditions about it changes nothing, so
/// that such
/// rows may be left out before the join.</param>
internal sealed record FromItem(JsonObject Node, BoundTable? Table, bool IsFiltered)
{
    /// <summary>The items of a FROM clause.</summary>
    public static List<FromItem> Read(JsonObject? from, BoundStatement bound)
    {
        List<FromItem> items = [];
        Open(from, true, bound, items);
        return items;
    }

    /// <summary>True if columns may be qualified by this name and mean the item, or if that is not
    /// known.</summary>
    public bool HasName(string name) =>
        Node.Text("alias") is { Length: > 0 } alias ? alias.Equals(name, StringComparison.OrdinalIgnoreCase)
            : true;

    private static void Open(JsonObject? node, bool isFiltered, BoundStatement bound, List<FromItem> items)
    {
        if (node is null) return;
        if (!node.IsType("JOIN"))
        {
            BoundTable? table = bound.Tables.FirstOrDefault(t => ReferenceEquals(t.Node, node));
            items.Add(new FromItem(node, table, isFiltered));
            return;
        }

        bool isRegular = node.Text("ref_type") is "REGULAR" or "CROSS" or "NATURAL";
        bool isInner = node.Text("join_type") == "INNER";
        bool keepsLeft = isInner || node.Text("join_type") == "LEFT";
        Open(node.Object("left"), isFiltered && isRegular && keepsLeft, bound, items);
        Open(node.Object("right"), isFiltered && isRegular && isInner, bound, items);
    }
}
