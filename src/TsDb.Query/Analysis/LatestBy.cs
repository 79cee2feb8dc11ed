using System.Text.Json.Nodes;
using TsDb.Model;
using TsDb.Query.Planning;

namespace TsDb.Query.Analysis;

/// <summary>
/// FROM latest_by(table [, column, ...]): the newest row of each series, or of each combination of the
/// columns. It is written as a sub-query with QUALIFY; what a series is comes in when the table is known.
/// </summary>
internal static class LatestBy
{
    private const string Function = "latest_by";

    /// <summary>The tree without such calls.</summary>
    public static JsonObject Apply(JsonObject tree) =>
        tree.Walk().Any(IsCall) ? (JsonObject)tree.Rewrite(node => IsCall(node) ? SubQuery(node) : null)!
            : tree;

    private static bool IsCall(JsonObject node) => node.IsType("TABLE_FUNCTION")
        && node.Object("function").Text("function_name").Equals(Function, StringComparison.OrdinalIgnoreCase);

    private static JsonObject SubQuery(JsonObject call)
    {
        JsonObject[] inputs = [.. call.Object("function").Objects("children")];
        string[][] names = [.. inputs.Select(input => input.ColumnNames())];
        if (names.Length == 0 || names[0].Length is 0 or > 2 || names.Skip(1).Any(name => name.Length != 1))
            throw new TsDbException(
                ErrorKind.Invalid, "write latest_by(table) or latest_by(table, column, ...)");
        JsonObject table = SqlTree.BaseTable(names[0][^1], "");
        if (names[0].Length == 2) table["schema_name"] = names[0][0];
        JsonObject series = SqlTree.Column(SeriesFunctions.SeriesMark);
        JsonObject select = SqlTree.Select([Star()], table, null);
        select["qualify"] = First(
            inputs.Length > 1 ? inputs[1..] : [series],
                [Order(SqlTree.Column("time"), "DESCENDING"), Order(series)]);
        return new JsonObject
        {
            ["type"] = "SUBQUERY",
            ["alias"] = call.Text("alias") is { Length: > 0 } alias ? alias : names[0][^1],
            ["sample"] = call["sample"]?.DeepClone(),
            ["subquery"] = new JsonObject { ["node"] = select, ["named_param_map"] = new JsonArray() },
            ["column_name_alias"] = call["column_name_alias"]?.DeepClone() ?? new JsonArray(),
        };
    }

    private static JsonObject Star() => new()
    {
        ["class"] = "STAR",
        ["type"] = "STAR",
        ["alias"] = "",
        ["relation_name"] = "",
        ["exclude_list"] = new JsonArray(),
        ["replace_list"] = new JsonArray(),
        ["columns"] = false,
        ["expr"] = null,
        ["qualified_exclude_list"] = new JsonArray(),
        ["rename_list"] = new JsonArray(),
    };

    private static JsonObject Order(JsonObject expression, string direction = "ORDER_DEFAULT") => new()
    {
        ["type"] = direction,
        ["null_order"] = "ORDER_DEFAULT",
        ["expression"] = expression,
    };

    private static JsonObject First(JsonObject[] partitions, JsonObject[] orders) => new()
    {
        ["class"] = "COMPARISON",
        ["type"] = "COMPARE_EQUAL",
        ["alias"] = "",
        ["left"] = new JsonObject
        {
            ["class"] = "WINDOW",
            ["type"] = "WINDOW_ROW_NUMBER",
            ["alias"] = "",
            ["function_name"] = "row_number",
            ["schema"] = "",
            ["catalog"] = "",
            ["children"] = new JsonArray(),
            ["partitions"] = new JsonArray([.. partitions.Select(item => (JsonNode?)item.Copy())]),
            ["orders"] = new JsonArray([.. orders.Select(item => (JsonNode?)item.Copy())]),
            ["start"] = "UNBOUNDED_PRECEDING",
            ["end"] = "CURRENT_ROW_RANGE",
            ["start_expr"] = null,
            ["end_expr"] = null,
            ["offset_expr"] = null,
            ["default_expr"] = null,
            ["ignore_nulls"] = false,
            ["filter_expr"] = null,
            ["exclude_clause"] = "NO_OTHER",
            ["distinct"] = false,
            ["arg_orders"] = new JsonArray(),
        },
        ["right"] = RowsFirst.Number(1),
    };
}
