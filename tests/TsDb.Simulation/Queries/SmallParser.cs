using System.Text.Json.Nodes;
using TsDb.Query.Ports;

namespace TsDb.Simulation.Queries;

/// <summary>The grammar port over <see cref="SmallSql"/>: trees have the form of DuckDB's.</summary>
internal sealed class SmallParser : ISqlParser
{
    public JsonObject Parse(string sql)
    {
        SmallSql.Select select = SmallSql.Read(sql);
        JsonArray groups = [.. select.Groups.Select(group => (JsonNode?)Tree(group, ""))];
        JsonArray sets = groups.Count == 0
            ? []
            : [new JsonArray([.. Enumerable.Range(0, groups.Count).Select(i => (JsonNode?)i)])];
        JsonObject node = new()
        {
            ["type"] = "SELECT_NODE",
            ["modifiers"] = new JsonArray(),
            ["cte_map"] = new JsonObject { ["map"] = new JsonArray() },
            ["select_list"] = new JsonArray([.. select.Items.Select(item => (JsonNode?)Tree(
                item.Expression, item.Expression is SmallSql.Name ? "" : item.Alias))]),
            ["from_table"] = new JsonObject
            {
                ["type"] = "BASE_TABLE",
                ["alias"] = "",
                ["sample"] = null,
                ["schema_name"] = "",
                ["table_name"] = select.Relation,
                ["column_name_alias"] = new JsonArray(),
                ["catalog_name"] = "",
                ["at_clause"] = null,
            },
            ["where_clause"] = select.Where is null ? null : Tree(select.Where, ""),
            ["group_expressions"] = groups,
            ["group_sets"] = sets,
            ["aggregate_handling"] = "STANDARD_HANDLING",
            ["having"] = null,
            ["sample"] = null,
            ["qualify"] = null,
        };
        return new JsonObject
        {
            ["error"] = false,
            ["statements"] = new JsonArray(new JsonObject
            {
                ["node"] = node,
                ["named_param_map"] = new JsonArray(),
            }),
        };
    }

    public string Print(JsonObject tree)
    {
        JsonObject node = tree["statements"]![0]!["node"]!.AsObject();
        if (node["modifiers"] is JsonArray { Count: > 0 } || node["having"] is JsonObject)
            throw new NotSupportedException($"small SQL has no such clause: {tree.ToJsonString()}");
        IEnumerable<JsonObject> selected = node["select_list"]!.AsArray().Select(item => item!.AsObject());
        string items = string.Join(", ", selected.Select(Item));
        JsonObject from = node["from_table"]!.AsObject();
        string sql = $"SELECT {items} FROM {Quote((string)from["table_name"]!)}";
        if ((string?)from["alias"] is { Length: > 0 } alias) sql += $" AS {Quote(alias)}";
        if (node["where_clause"] is JsonObject where) sql += $" WHERE {Text(where)}";
        string[] groups = [.. node["group_expressions"]!.AsArray().Select(group => Text(group!.AsObject()))];
        return groups.Length == 0 ? sql : $"{sql} GROUP BY {string.Join(", ", groups)}";
    }

    private static JsonObject Tree(SmallSql.Expression expression, string alias)
    {
        JsonObject tree = expression switch
        {
            SmallSql.Name name => new JsonObject
            {
                ["class"] = "COLUMN_REF",
                ["type"] = "COLUMN_REF",
                ["column_names"] = new JsonArray(name.Text),
            },
            SmallSql.Constant { Value: string text } => new JsonObject
            {
                ["class"] = "CONSTANT",
                ["type"] = "VALUE_CONSTANT",
                ["value"] = new JsonObject
                {
                    ["type"] = new JsonObject { ["id"] = "VARCHAR", ["type_info"] = null },
                    ["is_null"] = false,
                    ["value"] = text,
                },
            },
            SmallSql.Call { Function: "=" } equal => new JsonObject
            {
                ["class"] = "COMPARISON",
                ["type"] = "COMPARE_EQUAL",
                ["left"] = Tree(equal.Arguments[0], ""),
                ["right"] = Tree(equal.Arguments[1], ""),
            },
            SmallSql.Call call => new JsonObject
            {
                ["class"] = "FUNCTION",
                ["type"] = "FUNCTION",
                ["function_name"] = call.Arguments.Count == 0 ? "count_star" : call.Function,
                ["schema"] = "",
                ["children"] = new JsonArray([.. call.Arguments.Select(a => (JsonNode?)Tree(a, ""))]),
                ["filter"] = null,
                ["order_bys"] = new JsonObject
                {
                    ["type"] = "ORDER_MODIFIER",
                    ["orders"] = new JsonArray(),
                },
                ["distinct"] = false,
                ["is_operator"] = false,
                ["export_state"] = false,
                ["catalog"] = "",
            },
            _ => throw new NotSupportedException($"{expression}"),
        };
        tree["alias"] = alias;
        return tree;
    }

    private static string Item(JsonObject item)
    {
        string text = Text(item);
        return (string?)item["alias"] is { Length: > 0 } alias ? $"{text} AS {Quote(alias)}" : text;
    }

    private static string Text(JsonObject node) => (string)node["class"]! switch
    {
        "COLUMN_REF" => Quote((string)node["column_names"]!.AsArray()[^1]!),
        "CONSTANT" => $"'{(string?)node["value"]!["value"]}'",
        "COMPARISON" => $"{Text(node["left"]!.AsObject())} = {Text(node["right"]!.AsObject())}",
        "FUNCTION" when (string)node["function_name"]! == "count_star" => "count(*)",
        "FUNCTION" => $"{node["function_name"]}({string.Join(
            ", ", node["children"]!.AsArray().Select(child => Text(child!.AsObject())))})",
        _ => throw new NotSupportedException($"small SQL cannot say {node.ToJsonString()}"),
    };

    private static string Quote(string name) => name is "time" ? "\"time\"" : name;
}
