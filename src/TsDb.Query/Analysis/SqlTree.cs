using System.Text.Json.Nodes;
using TsDb.Query.Ports;

namespace TsDb.Query.Analysis;

/// <summary>Reading and rewriting the syntax trees of <see cref="Ports.ISqlParser"/>. Trees are never changed
/// in
/// place once they are shared: rewriting copies.</summary>
internal static class SqlTree
{
    private const string Location = "query_location";
    private const string Alias = "alias";

    public static string Text(this JsonNode? node, string property) =>
        node is JsonObject o && o[property] is JsonValue v && v.TryGetValue(out string? text) ? text : "";

    public static bool IsClass(this JsonNode? node, string name) => node.Text("class") == name;

    public static bool IsType(this JsonNode? node, string name) => node.Text("type") == name;

    public static IReadOnlyList<JsonObject> Objects(this JsonNode? node, string property) =>
        node is JsonObject o && o[property] is JsonArray list ? [.. list.OfType<JsonObject>()] : [];

    public static JsonObject? Object(this JsonNode? node, string property) =>
        (node as JsonObject)?[property] as JsonObject;

    public static bool Flag(this JsonNode? node, string property) =>
        node is JsonObject o && o[property] is JsonValue v && v.TryGetValue(out bool flag) && flag;

    /// <summary>The parts of a column reference; empty for anything else.</summary>
    public static string[] ColumnNames(this JsonNode? node) =>
        node.IsClass("COLUMN_REF") && node!["column_names"] is JsonArray names
            ? [.. names.Select(name => (string?)name ?? "")]
            : [];

    /// <summary>This object and every object below it, outer first.</summary>
    public static IEnumerable<JsonObject> Walk(this JsonNode? node)
    {
        if (node is JsonObject o)
        {
            yield return o;
            foreach (KeyValuePair<string, JsonNode?> property in o)
            {
                foreach (JsonObject inner in property.Value.Walk()) yield return inner;
            }
        }
        else if (node is JsonArray list)
        {
            foreach (JsonObject inner in list.SelectMany(Walk)) yield return inner;
        }
    }

    /// <summary>
    /// A copy in which every object for which <paramref name="replace"/> has an answer is replaced by it,
    /// outermost
    /// first; the answer is taken as it is, so it must be new.
    /// </summary>
    public static JsonNode? Rewrite(this JsonNode? node, Func<JsonObject, JsonNode?> replace)
    {
        switch (node)
        {
            case JsonObject o:
                if (replace(o) is { } replacement) return replacement;
                JsonObject copy = [];
                foreach ((string name, JsonNode? value) in o) copy[name] = value.Rewrite(replace);
                return copy;
            case JsonArray list:
                return new JsonArray([.. list.Select(item => item.Rewrite(replace))]);
            default:
                return node?.DeepClone();
        }
    }

    public static JsonObject Copy(this JsonObject node) => (JsonObject)node.DeepClone();

    /// <summary>A copy under another output name.</summary>
    public static JsonObject As(this JsonObject expression, string alias)
    {
        JsonObject copy = expression.Copy();
        copy[Alias] = alias;
        return copy;
    }

    /// <summary>An expression as text.</summary>
    public static string PrintExpression(this ISqlParser parser, JsonObject expression)
    {
        JsonObject nothing = new() { ["type"] = "EMPTY", [Alias] = "" };
        return parser.Print(Statement(Select([expression.As("")], nothing, null)))["SELECT ".Length..];
    }

    /// <summary>The name that the engine gives an output column without one.</summary>
    public static string NameOf(this ISqlParser parser, JsonObject item) =>
        item.IsClass("FUNCTION") && item.Text("function_name") == "count_star"
            ? "count_star()"
            : parser.PrintExpression(item).Replace("main.", "", StringComparison.Ordinal);

    /// <summary>A text that is equal for expressions that mean the same: without places, output name and the
    /// case
    /// of column names.</summary>
    public static string Key(this JsonNode? node)
    {
        // The outermost alias names the output; an alias inside an expression names a struct's member.
        if (node is not JsonObject expression) return "null";
        JsonObject plain = (JsonObject)expression.Rewrite(Bare)!;
        plain.Remove(Alias);
        return plain.ToJsonString();
    }

    public static JsonObject Column(params string[] names) => new()
    {
        ["class"] = "COLUMN_REF",
        ["type"] = "COLUMN_REF",
        [Alias] = "",
        ["column_names"] = new JsonArray([.. names.Select(name => (JsonNode?)name)]),
    };

    /// <summary>A text, or NULL.</summary>
    public static JsonObject Constant(string? text)
    {
        JsonObject value =
            new() { ["type"] = TypeOf("VARCHAR"), ["is_null"] = text is null };
        if (text is not null) value["value"] = text;
        return new JsonObject
        {
            ["class"] = "CONSTANT",
            ["type"] = "VALUE_CONSTANT",
            [Alias] = "",
            ["value"] = value,
        };
    }

    public static JsonObject Cast(JsonObject child, string type) => new()
    {
        ["class"] = "CAST",
        ["type"] = "OPERATOR_CAST",
        [Alias] = "",
        ["child"] = child,
        ["cast_type"] = TypeOf(type),
        ["try_cast"] = false,
    };

    public static JsonObject And(IEnumerable<JsonObject> conjuncts) => new()
    {
        ["class"] = "CONJUNCTION",
        ["type"] = "CONJUNCTION_AND",
        [Alias] = "",
        ["children"] = new JsonArray([.. conjuncts.Select(c => (JsonNode?)c.Copy())]),
    };

    public static JsonObject BaseTable(string name, string alias) => new()
    {
        ["type"] = "BASE_TABLE",
        [Alias] = alias,
        ["sample"] = null,
        ["schema_name"] = "",
        ["table_name"] = name,
        ["column_name_alias"] = new JsonArray(),
        ["catalog_name"] = "",
        ["at_clause"] = null,
    };

    public static JsonObject Select(IEnumerable<JsonObject> items, JsonObject from, JsonObject? where) =>
        new()
    {
        ["type"] = "SELECT_NODE",
        ["modifiers"] = new JsonArray(),
        ["cte_map"] = new JsonObject { ["map"] = new JsonArray() },
        ["select_list"] = new JsonArray([.. items.Select(item => (JsonNode?)item.Copy())]),
        ["from_table"] = from.Copy(),
        ["where_clause"] = where?.Copy(),
        ["group_expressions"] = new JsonArray(),
        ["group_sets"] = new JsonArray(),
        ["aggregate_handling"] = "STANDARD_HANDLING",
        ["having"] = null,
        ["sample"] = null,
        ["qualify"] = null,
    };

    public static JsonObject Statement(JsonObject node) => new()
    {
        ["error"] = false,
        ["statements"] =
            new JsonArray(new JsonObject { ["node"] = node, ["named_param_map"] = new JsonArray() }),
    };

    private static JsonObject TypeOf(string id) => new() { ["id"] = id, ["type_info"] = null };

    private static JsonNode? Bare(JsonObject o)
    {
        JsonObject copy = [];
        bool isColumn = o.IsClass("COLUMN_REF");
        foreach ((string name, JsonNode? value) in o)
        {
            if (name is Location) continue;
            copy[name] = isColumn && name == "column_names"
                ? new JsonArray([.. o.ColumnNames().Select(part => (JsonNode?)part.ToLowerInvariant())])
                : value.Rewrite(Bare);
        }

        return copy;
    }
}
