using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TsDb.Query.Analysis;

namespace TsDb.Query.Planning;

/// <summary>An aggregate as a statement calls it.</summary>
/// <param name="Function">Its name, in lower case, one name for all its aliases.</param>
/// <param name="Arguments">Expressions over the table's columns.</param>
/// <param name="Filter">The condition of FILTER, or null.</param>
internal sealed record AggregateCall(
    string Function, ImmutableArray<JsonObject> Arguments, JsonObject? Filter)
{
    private static readonly Dictionary<string, string> Aliases = new(StringComparer.OrdinalIgnoreCase)
    {
        ["mean"] = "avg",
        ["favg"] = "avg",
        ["fsum"] = "sum",
        ["kahan_sum"] = "sum",
        ["sumkahan"] = "sum",
        ["countif"] = "count_if",
        ["arbitrary"] = "any_value",
        ["argmin"] = "arg_min",
        ["min_by"] = "arg_min",
        ["argmax"] = "arg_max",
        ["max_by"] = "arg_max",
        ["variance"] = "var_samp",
        ["stddev"] = "stddev_samp",
    };

    // Twice the same value changes nothing: DISTINCT may be left out.
    private static readonly HashSet<string> Idempotent =
        ["min", "max", "bool_and", "bool_or", "any_value", "bit_and", "bit_or"];

    /// <summary>True if the function is decided by the order of the rows' times.</summary>
    public bool IsTimeOrdered => Function is "first" or "last" or "arg_min" or "arg_max";

    /// <summary>True if a row that comes twice counts once.</summary>
    public static bool CountsOnce(JsonObject function) =>
        function.Flag("distinct") || Idempotent.Contains(NameOf(function));

    /// <summary>True if the node calls an aggregate function.</summary>
    public static bool IsAggregate(JsonObject node) =>
        node.IsClass("FUNCTION") && FunctionNames.Aggregates.Contains(node.Text("function_name"));

    /// <summary>The call, or null if its clauses (ORDER BY, DISTINCT) rule out partial states.</summary>
    public static AggregateCall? Read(JsonObject function)
    {
        string name = NameOf(function);
        bool isOrdered = function.Object("order_bys").Objects("orders").Count > 0;
        bool isDistinct = function.Flag("distinct") && !Idempotent.Contains(name);
        return isOrdered || isDistinct || function.Flag("export_state")
            ? null
            : new AggregateCall(name, [.. function.Objects("children")], function.Object("filter"));
    }

    private static string NameOf(JsonObject function)
    {
        string name = function.Text("function_name").ToLowerInvariant();
        return Aliases.GetValueOrDefault(name, name);
    }
}
