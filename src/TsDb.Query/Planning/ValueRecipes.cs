using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Query.Analysis;
using TsDb.Query.Ports;

namespace TsDb.Query.Planning;

/// <summary>
/// Aggregates that must see every value (median, exact quantiles, mode) or every distinct value (count
/// DISTINCT), or see them in an order: the values travel, the aggregate itself runs once over all of them.
/// </summary>
internal sealed class ValueRecipes(ISqlParser parser)
{
    // Macros of the engine: they take no FILTER.
    private static readonly HashSet<string> Macros = new(StringComparer.Ordinal)
    {
        "geomean", "geometric_mean", "json_group_array", "json_group_object", "json_group_structure", "wavg",
        "weighted_avg",
    };

    /// <summary>The recipe; null if the values cannot travel.</summary>
    /// <param name="call">The call.</param>
    /// <param name="prefix">Starts the name of each of its columns.</param>
    /// <param name="inputs">Names of the columns that hold its inputs.</param>
    /// <param name="types">The engine's types of the inputs.</param>
    /// <param name="condition">Name of the column that holds the FILTER condition, or null.</param>
    public AggregateRecipe? Create(
        AggregateCall call,
        string prefix,
        IReadOnlyList<string> inputs,
        IReadOnlyList<string> types,
        string? condition)
    {
        if (call.IsTimeOrdered || Macros.Contains(call.Function)) return null;
        List<(string Name, string Sql)> columns = [];
        List<JsonObject> over = [];
        for (int i = 0; i < inputs.Count; i++)
        {
            JsonObject input = call.Inputs[i];
            if (!input.Walk().Any(node => node.IsClass("COLUMN_REF")))
            {
                over.Add(input);
                continue;
            }

            if (!WireTypes.CanTravel(types[i])) return null;
            // The same input twice travels once, and stays the same for DISTINCT with ORDER BY.
            int first = inputs.Index().First(known => known.Item == inputs[i]).Index;
            string name = string.Create(CultureInfo.InvariantCulture, $"{prefix}x{first}");
            if (first == i) columns.Add((name, WireTypes.ToWire(types[i], inputs[i])));
            JsonObject column = SqlTree.Column(name);
            over.Add(types[i] == "HUGEINT" ? SqlTree.Cast(column, "HUGEINT") : column);
        }

        string value = $"{prefix}a";
        string filter = $" FILTER (WHERE {ValueRows.Kind} = {{0}})";
        return new AggregateRecipe
        {
            Columns = [],
            Finish = value,
            Values = new ValueRows(
                [.. columns], condition, call.IsDistinct, value, Escaped(
                    parser.PrintExpression(call.Over(over))) + filter),
        };
    }

    private static string Escaped(string text) =>
        text.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);
}
