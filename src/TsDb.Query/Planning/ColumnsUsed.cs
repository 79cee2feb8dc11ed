using System.Text.Json.Nodes;
using TsDb.Query.Analysis;

namespace TsDb.Query.Planning;

/// <summary>Which columns a statement can need. Cautious: every name it mentions anywhere, for every
/// table.</summary>
internal static class ColumnsUsed
{
    private static readonly HashSet<string> Classes = new(StringComparer.Ordinal)
    {
        "COLUMN_REF", "CONSTANT", "COMPARISON", "CONJUNCTION", "OPERATOR", "BETWEEN", "CAST", "FUNCTION",
            "CASE",
        "COLLATE", "WINDOW", "SUBQUERY", "STAR", "LAMBDA", "PARAMETER",
    };

    private static readonly HashSet<string> Sources = new(StringComparer.Ordinal)
    {
        "BASE_TABLE", "SUBQUERY", "JOIN", "EMPTY", "TABLE_FUNCTION", "EXPRESSION_LIST", "CTE",
    };

    /// <summary>True if every part of the statement is of a kind whose use of columns is known.</summary>
    public static bool AreAllVisible(JsonNode tree) => tree.Walk().All(node =>
        (!node.ContainsKey("class") || Classes.Contains(node.Text("class")))
        && (node.Object("from_table") is not { } from || AreKnownSources(from)));

    /// <summary>True if a star is among what this SELECT itself selects, inner ones left aside.</summary>
    public static bool HasStar(JsonObject select) => Own(select).Any(node => node.IsClass("STAR"));

    /// <summary>True if a join of this SELECT is by all columns of the same name.</summary>
    public static bool HasNaturalJoin(JsonObject select) =>
        Own(select).Any(node => node.IsType("JOIN") && node.Text("ref_type") is "NATURAL" or "POSITIONAL");

    /// <summary>True if the table's name stands where a value is expected: all columns as one.</summary>
    public static bool HasWholeRow(JsonNode tree, BoundTable table) => tree.Walk().Any(node =>
        node.ColumnNames() is [string name] && name.Equals(table.Alias, StringComparison.OrdinalIgnoreCase));

    /// <summary>Every name that may be a column's, in any case.</summary>
    public static HashSet<string> Names(JsonNode tree)
    {
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        foreach (JsonObject node in tree.Walk())
        {
            names.UnionWith(node.ColumnNames());
            if (node["using_columns"] is not JsonArray columns) continue;
            foreach (JsonNode? column in columns)
            {
                if (column is JsonValue value && value.TryGetValue(out string? name)) names.Add(name);
            }
        }

        return names;
    }

    /// <summary>The table's columns among the names.</summary>
    public static IReadOnlySet<string> Of(BoundTable table, HashSet<string> names)
    {
        SortedSet<string> columns = new(StringComparer.Ordinal);
        foreach (string name in names)
        {
            if (table.FindColumn(name) is { } column) columns.Add(column);
        }

        return columns;
    }

    /// <summary>Every object of a SELECT that is not in a SELECT inside it.</summary>
    public static IEnumerable<JsonObject> Own(JsonObject select) =>
        select.SelectMany(property => Inside(property.Value));

    private static bool AreKnownSources(JsonObject from) => Sources.Contains(from.Text("type"))
        && (!from.IsType("JOIN")
            || (AreKnownSources(from.Object("left")!) && AreKnownSources(from.Object("right")!)));

    private static IEnumerable<JsonObject> Inside(JsonNode? node) => node switch
    {
        JsonObject o when o.IsType("SELECT_NODE") => [],
        JsonObject o => o.SelectMany(property => Inside(property.Value)).Prepend(o),
        JsonArray list => list.SelectMany(Inside),
        _ => [],
    };
}
