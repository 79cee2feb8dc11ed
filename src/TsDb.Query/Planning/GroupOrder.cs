using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Query.Analysis;

namespace TsDb.Query.Planning;

/// <summary>
/// The first groups by their keys are among the first groups of every part. For that the order must be one
/// of whole keys: the keys that ORDER BY leaves out decide between equals, here and in the rest of the query.
/// </summary>
internal static class GroupOrder
{
    private const long GroupsMax = 100_000;

    /// <summary>ORDER BY and LIMIT for a fragment; nothing if the query does not allow it. The shape's outer
    /// query is completed.</summary>
    public static string Push(AggregateShape shape)
    {
        JsonObject outer = shape.Outer;
        bool isMore = !shape.Sets.IsDefault || shape.Keys.Count == 0 || outer["where_clause"] is not null
            || outer["qualify"] is not null || outer.Walk().Any(node => node.IsClass("WINDOW"));
        if (isMore || outer.Objects("modifiers") is not [var order, var limit]
            || !order.IsType("ORDER_MODIFIER") || !limit.IsType("LIMIT_MODIFIER")) return "";
        long? groups = RowsFirst.Count(limit);
        if (groups is not (>= 0 and <= GroupsMax)) return "";
        List<string> keys = [];
        HashSet<string> named = [];
        foreach (JsonObject item in order.Objects("orders"))
        {
            string? key = KeyOf(item.Object("expression")!, outer);
            if (key is null || !shape.KeyNames.Contains(key)) return "";
            if (named.Add(key)) keys.Add($"{key}{Direction(item)}");
        }

        JsonArray orders = order["orders"]!.AsArray();
        foreach (string key in shape.KeyNames.Where(named.Add))
        {
            keys.Add(key);
            orders.Add((JsonNode)new JsonObject
            {
                ["type"] = "ORDER_DEFAULT",
                ["null_order"] = "ORDER_DEFAULT",
                ["expression"] = SqlTree.Column(key),
            });
        }

        return string.Create(CultureInfo.InvariantCulture, $" ORDER BY {SqlList.Of(keys)} LIMIT {groups}");
    }

    private static string? KeyOf(JsonObject expression, JsonObject outer)
    {
        IReadOnlyList<JsonObject> items = outer.Objects("select_list");
        if (expression.IsClass("CONSTANT"))
        {
            long position = RowsFirst.Number(expression) ?? 0;
            return position >= 1 && position <= items.Count ? Name(items[(int)position - 1]) : null;
        }

        if (Name(expression) is not { } name) return null;
        JsonObject[] aliased = [.. items.Where(item =>
            item.Text("alias").Equals(name, StringComparison.OrdinalIgnoreCase))];
        return aliased.Length == 0 ? name : aliased.Length == 1 ? Name(aliased[0]) : null;
    }

    private static string? Name(JsonObject expression) =>
        expression.ColumnNames() is [string name] ? name : null;

    private static string Direction(JsonObject order)
    {
        string direction = order.Text("type") == "DESCENDING" ? " DESC" : "";
        string nulls = order.Text("null_order");
        return nulls.StartsWith("NULLS", StringComparison.Ordinal) ? $"{direction} {nulls}" : direction;
    }
}
