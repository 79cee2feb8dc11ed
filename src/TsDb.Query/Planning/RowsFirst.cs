using System.Text.Json.Nodes;
using TsDb.Query.Analysis;

namespace TsDb.Query.Planning;

/// <summary>
/// What of ORDER BY, LIMIT and DISTINCT can be done before rows travel: of a plain SELECT with LIMIT only the
/// first rows
/// of each part can be among the first of all; where each row counts once, repeats need not travel.
/// </summary>
internal static class RowsFirst
{
    // More than this is no saving worth a sort on every node.
    private const long RowsMax = 1_000_000;

    /// <summary>The modifiers of the fragment; none if nothing can be said.</summary>
    public static IReadOnlyList<JsonObject> Modifiers(BoundStatement bound, TableUse use)
    {
        JsonObject select = bound.Root;
        if (bound.Tables.Length != 1 || !select.IsType("SELECT_NODE")
            || !ReferenceEquals(select.Object("from_table"), use.Table.Node)
            || !IsPlain(select, use)) return [];
        JsonObject[] calls = [.. select.Walk().Where(AggregateCall.IsAggregate)];
        if (calls.Length > 0)
        {
            return calls.All(AggregateCall.CountsOnce) && select["qualify"] is null
                ? [new JsonObject { ["type"] = "DISTINCT_MODIFIER", ["distinct_on_targets"] =
                    new JsonArray() }]
                : [];
        }

        bool isGrouped = select.Objects("group_expressions").Count > 0 || select["having"] is not null
            || select["qualify"] is not null || select.Text("aggregate_handling") != "STANDARD_HANDLING"
            || select["group_sets"] is JsonArray { Count: > 0 };
        return isGrouped ? [] : First(select, use);
    }

    /// <summary>
    /// The QUALIFY of a SELECT over the table if its fragments can do it first: the first rows of a
    /// partition are among the first of every part of it. Null if that is not certain.
    /// </summary>
    public static JsonObject? Qualify(BoundStatement bound, TableUse use)
    {
        JsonObject? select = bound.Tree.Walk().FirstOrDefault(node => node.IsType("SELECT_NODE")
            && ReferenceEquals(node.Object("from_table"), use.Table.Node));
        if (select?.Object("qualify") is not { } qualify || select["sample"] is not null
            || select.Objects("group_expressions").Count > 0
            || use.Conditions.Count != ScopeFinder.Conjuncts(select.Object("where_clause")).Count()
            || select.Walk().Any(AggregateCall.IsAggregate)) return null;
        JsonObject? window = qualify.Object("left");
        long? rows = (qualify.Text("type"), Number(qualify["right"])) switch
        {
            ("COMPARE_EQUAL", 1) => 1,
            ("COMPARE_LESSTHANOREQUALTO", { } number) => number,
            ("COMPARE_LESSTHAN", { } number) => number - 1,
            _ => null,
        };
        bool isRank = window.Text("type") is "WINDOW_ROW_NUMBER" or "WINDOW_RANK" or "WINDOW_RANK_DENSE";
        bool isOfRows = window is not null && window.Objects("partitions")
            .Concat(window.Objects("orders").Select(order => order.Object("expression")!))
            .All(expression => RowExpression.IsOver(use.Table, expression));
        return rows is null || !isRank || !isOfRows || window!["orders"] is JsonArray { Count: 0 } ? null
            : qualify.Copy();
    }

    /// <summary>How many rows a LIMIT with its OFFSET needs; null if that is not a plain number.</summary>
    public static long? Count(JsonObject limit) =>
        Number(limit["limit"]) + (limit["offset"] is null ? 0 : Number(limit["offset"]));

    /// <summary>The value of an integer constant; null for anything else.</summary>
    public static long? Number(JsonNode? node)
    {
        JsonObject? value = node.IsClass("CONSTANT") ? node.Object("value") : null;
        string type = value.Object("type").Text("id");
        return type is "INTEGER" or "BIGINT" && value!["value"] is JsonValue number
            && number.TryGetValue(out long integer) ? integer : null;
    }

    private static bool IsPlain(JsonObject select, TableUse use)
    {
        int conditions = ScopeFinder.Conjuncts(select.Object("where_clause")).Count();
        return select["sample"] is null && use.Table.Node["sample"] is null
            && use.Table.Node["column_name_alias"] is not JsonArray { Count: > 0 }
            && select.Object("cte_map").Objects("map").Count == 0
            && use.Conditions.Count == conditions
            && !select.Walk().Any(node => node.IsClass("WINDOW") || node.IsClass("SUBQUERY"));
    }

    private static List<JsonObject> First(JsonObject select, TableUse use)
    {
        List<JsonObject> modifiers = [];
        long? rows = null;
        foreach (JsonObject modifier in select.Objects("modifiers"))
        {
            switch (modifier.Text("type"))
            {
                case "LIMIT_MODIFIER":
                    rows = Count(modifier);
                    break;
                case "ORDER_MODIFIER":
                    if (Order(modifier, select, use) is not { } order) return [];
                    modifiers.Add(order);
                    break;
                default:
                    return [];
            }
        }

        if (rows is not (>= 0 and <= RowsMax)) return [];
        modifiers.Add(
            new JsonObject { ["type"] = "LIMIT_MODIFIER", ["limit"] = Number(rows.Value), ["offset"] =
                null });
        return modifiers;
    }

    private static JsonObject? Order(JsonObject modifier, JsonObject select, TableUse use)
    {
        IReadOnlyList<JsonObject> items = select.Objects("select_list");
        JsonObject copy = modifier.Copy();
        foreach (JsonObject order in copy.Objects("orders"))
        {
            JsonObject expression = order.Object("expression")!;
            JsonObject? meant = expression;
            if (expression.IsClass("CONSTANT"))
            {
                // With a star the positions are not those of the list.
                int position = (int)(Number(expression) ?? 0);
                bool isItem = position >= 1 && position <= items.Count
                    && !items.Any(item => item.IsClass("STAR"));
                meant = isItem ? items[position - 1].As("") : null;
            }
            else if (expression.ColumnNames() is [string name])
            {
                meant = items.FirstOrDefault(item =>
                    item.Text("alias").Equals(name, StringComparison.OrdinalIgnoreCase))?.As("")
                        ?? expression.Copy();
            }

            if (meant is null || !RowExpression.IsOver(use.Table, meant)) return null;
            order["expression"] = meant.As("");
        }

        return copy;
    }

    /// <summary>A whole number as an expression.</summary>
    public static JsonObject Number(long rows) => new()
    {
        ["class"] = "CONSTANT",
        ["type"] = "VALUE_CONSTANT",
        ["alias"] = "",
        ["value"] = new JsonObject
        {
            ["type"] = new JsonObject { ["id"] = "BIGINT", ["type_info"] = null },
            ["is_null"] = false,
            ["value"] = rows,
        },
    };
}
