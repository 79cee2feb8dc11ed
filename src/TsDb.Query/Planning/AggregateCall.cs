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
    private const string Orders = "orders";

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

    /// <summary>The call as it is written.</summary>
    public required JsonObject Node { get; init; }

    /// <summary>True if each value counts once and that makes a difference.</summary>
    public required bool IsDistinct { get; init; }

    /// <summary>The expressions of ORDER BY inside the call.</summary>
    public required ImmutableArray<JsonObject> Order { get; init; }

    /// <summary>Arguments, then the order's expressions.</summary>
    public ImmutableArray<JsonObject> Inputs => [.. Arguments, .. Order];

    /// <summary>True if no partial state can stand for the rows: repeats or an order matter.</summary>
    public bool NeedsRows => IsDistinct || Order.Length > 0;

    /// <summary>True if the function is decided by the order of the rows' times.</summary>
    public bool IsTimeOrdered => !NeedsRows && Function is ("first" or "last" or "arg_min" or "arg_max");

    /// <summary>True if a row that comes twice counts once.</summary>
    public static bool CountsOnce(JsonObject function) =>
        function.Flag("distinct") || Idempotent.Contains(NameOf(function));

    /// <summary>True if the node calls an aggregate function.</summary>
    public static bool IsAggregate(JsonObject node) =>
        node.IsClass("FUNCTION") && IsAggregate(node.Text("function_name"));

    /// <summary>True if the engine has an aggregate of that name, or we have.</summary>
    public static bool IsAggregate(string function) =>
        FunctionNames.Aggregates.Contains(function) || FunctionNames.Own.Contains(function);

    /// <summary>The call, or null if it is no plain aggregate.</summary>
    public static AggregateCall? Read(JsonObject function)
    {
        string name = NameOf(function);
        if (function.Flag("export_state") || name == "unnest") return null;
        return new AggregateCall(name, [.. function.Objects("children")], function.Object("filter"))
        {
            Node = function,
            IsDistinct = function.Flag("distinct") && !Idempotent.Contains(name),
            Order = [.. function.Object("order_bys").Objects(Orders).Select(o => o.Object("expression")!)],
        };
    }

    /// <summary>The call over other inputs, without FILTER and output name.</summary>
    public JsonObject Over(IReadOnlyList<JsonObject> inputs)
    {
        JsonObject call = Node.As("");
        call["filter"] = null;
        call["children"] = new JsonArray([.. inputs.Take(Arguments.Length).Select(i => (JsonNode)i.Copy())]);
        foreach ((int i, JsonObject order) in call.Object("order_bys").Objects(Orders).Index())
            order["expression"] = inputs[Arguments.Length + i].Copy();
        return call;
    }

    private static string NameOf(JsonObject function)
    {
        string name = function.Text("function_name").ToLowerInvariant();
        return Aliases.GetValueOrDefault(name, name);
    }
}
