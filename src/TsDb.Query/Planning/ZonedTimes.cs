using System.Text.Json.Nodes;
using TsDb.Query.Analysis;

namespace TsDb.Query.Planning;

/// <summary>
/// A table's time compared with a TIMESTAMP WITH TIME ZONE: the engine compares nanoseconds with no such
/// type, though it is a moment as the time is. It becomes a TIMESTAMP_NS in UTC.
/// </summary>
internal static class ZonedTimes
{
    /// <summary>Rewrites the tree in place; the tables' nodes stay the same objects.</summary>
    public static void Apply(BoundStatement bound)
    {
        foreach (JsonObject select in bound.Tree.Walk().Where(node => node.IsType("SELECT_NODE")).ToArray())
        {
            // Of what a sub-query calls time, only the engine knows the type.
            List<FromItem> items = FromItem.Read(select.Object("from_table"), bound);
            if (items.Count == 0 || items.Any(item => item.Table is null)) continue;
            foreach (JsonObject comparison in ColumnsUsed.Own(select).ToArray()) Visit(comparison, items);
        }
    }

    private static void Visit(JsonObject node, List<FromItem> items)
    {
        if (node.IsType("COMPARE_BETWEEN"))
        {
            if (IsTime(node.Object("input"), items)) MakePlain(node, "lower", "upper");
        }
        else if (node.IsClass("COMPARISON"))
        {
            if (IsTime(node.Object("left"), items)) MakePlain(node, "right");
            else if (IsTime(node.Object("right"), items)) MakePlain(node, "left");
        }
        else if (node["children"] is JsonArray { Count: > 1 } list
            && node.Text("type") is "COMPARE_IN" or "COMPARE_NOT_IN" && IsTime(list[0] as JsonObject, items))
        {
            for (int i = 1; i < list.Count; i++)
            {
                if (list[i] is JsonObject value && IsZoned(value)) list[i] = Plain(value);
            }
        }
    }

    private static bool IsTime(JsonObject? node, List<FromItem> items) => node.ColumnNames() switch
    {
        [string name] => IsSame(name, TypeResolver.TimeName),
        [string table, string name] => IsSame(name, TypeResolver.TimeName)
            && items.Any(item => IsSame(item.Table!.Alias, table)),
        _ => false,
    };

    private static void MakePlain(JsonObject comparison, params string[] sides)
    {
        foreach (string side in sides)
        {
            if (comparison.Object(side) is { } value && IsZoned(value)) comparison[side] = Plain(value);
        }
    }

    private static bool IsZoned(JsonObject node)
    {
        if (node.IsClass("CAST")) return node.Object("cast_type").Text("id") == "TIMESTAMP WITH TIME ZONE";
        if (!node.IsClass("FUNCTION")) return false;
        return node.Text("function_name") switch
        {
            "timezone" or "to_timestamp" or "make_timestamptz" => true,
            "+" or "-" => node.Objects("children").Any(IsZoned),
            _ => false,
        };
    }

    // The session's zone is UTC, so the first cast takes the zone away; a time without one stays.
    private static JsonObject Plain(JsonObject value) =>
        SqlTree.Cast(SqlTree.Cast(value.As(""), "TIMESTAMP"), "TIMESTAMP_NS");

    private static bool IsSame(string one, string other) =>
        one.Equals(other, StringComparison.OrdinalIgnoreCase);
}
