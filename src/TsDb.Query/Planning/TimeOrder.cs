using System.Text.Json.Nodes;
using TsDb.Model;
using TsDb.Query.Analysis;

namespace TsDb.Query.Planning;

/// <summary>
/// first, last, arg_min and arg_max over a table mean the order of time: nulls are skipped, equal places are
/// decided by
/// (time, edge, tag set, value). The engine's own take rows as they come, so that statements that run as they
/// are get
/// them rewritten to arg_min and arg_max by a row of all that.
/// </summary>
internal static class TimeOrder
{
    /// <summary>The statement with its time-ordered aggregates made exact; the same object if it has
    /// none.</summary>
    public static BoundStatement Apply(BoundStatement bound)
    {
        if (!bound.Tree.Walk().Any(IsOrdered)) return bound;
        return bound.With((JsonObject)bound.Tree.Rewrite(node => RewriteSelect(node, bound))!);
    }

    private static JsonObject? RewriteSelect(JsonObject node, BoundStatement bound)
    {
        if (!node.IsType("SELECT_NODE")) return null;
        JsonObject? from = node.Object("from_table");
        BoundTable? table = bound.Tables.FirstOrDefault(t => ReferenceEquals(t.Node, from));
        JsonObject copy = [];
        foreach ((string name, JsonNode? value) in node)
        {
            copy[name] = value.Rewrite(inner => RewriteSelect(inner, bound)
                ?? (table is null ? null : RewriteCall(inner, table)));
        }

        return copy;
    }

    /// <summary>True if the node is such an aggregate.</summary>
    public static bool IsOrdered(JsonObject node) => AggregateCall.IsAggregate(node)
        && AggregateCall.Read(node) is { IsTimeOrdered: true } call
        && call.Arguments.Length == (call.Function is "first" or "last" ? 1 : 2);

    private static JsonObject? RewriteCall(JsonObject node, BoundTable table)
    {
        if (!IsOrdered(node)) return null;
        AggregateCall call = AggregateCall.Read(node)!;
        JsonObject value = call.Arguments[0];
        bool isLeast = call.Function is "first" or "arg_min";
        List<JsonObject> rank = [.. call.Arguments.Skip(1)];
        rank.Add(SqlTree.Column(table.Alias, TypeResolver.TimeName));
        rank.Add(SqlTree.Column(table.Alias, TypeResolver.EdgeName));
        rank.AddRange(table.Table.Columns.Where(column => column.Role == ColumnRole.Tag)
            .OrderBy(column => column.Name, StringComparer.Ordinal)
            .Select(column => Function("OPERATOR", "OPERATOR_COALESCE", null,
                [SqlTree.Column(table.Alias, column.SqlName), SqlTree.Constant("")])));
        rank.Add(value);
        JsonObject rewritten = node.Copy();
        rewritten["function_name"] = isLeast ? "arg_min" : "arg_max";
        JsonObject row = Function("FUNCTION", "FUNCTION", "row", rank);
        rewritten["children"] = new JsonArray(value.Copy(), row);
        if (call.Arguments.Length == 2)
        {
            JsonObject isKnown = Function("OPERATOR", "OPERATOR_IS_NOT_NULL", null, [call.Arguments[1]]);
            rewritten["filter"] = call.Filter is null ? isKnown : SqlTree.And([call.Filter, isKnown]);
        }

        return rewritten;
    }

    private static JsonObject Function(string kind, string type, string? name,
        IEnumerable<JsonObject> children)
    {
        JsonObject function = new()
        {
            ["class"] = kind,
            ["type"] = type,
            ["alias"] = "",
            ["children"] = new JsonArray([.. children.Select(child => (JsonNode?)child.Copy())]),
        };
        if (name is null) return function;
        function["function_name"] = name;
        function["schema"] = "";
        return function;
    }
}
