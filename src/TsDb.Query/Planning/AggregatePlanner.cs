using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Query.Analysis;
using TsDb.Query.Ports;

namespace TsDb.Query.Planning;

/// <summary>
/// Splits a SELECT with aggregates: a fragment that makes partial states for each group, and what merges
/// them. The user's expressions are printed once, as columns of the innermost SELECT; everything above is
/// over generated names.
/// </summary>
internal sealed class AggregatePlanner(ISqlParser parser, EngineProbe probe)
{
    private readonly ValueRecipes _values = new(parser);

    /// <summary>
    /// The plan of a SELECT whose FROM is the table alone, and the SELECT that takes its place in the
    /// statement; null if it cannot be answered by partial states.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="select">The SELECT.</param>
    /// <param name="number">Makes the names of its relations unique in the statement.</param>
    /// <param name="ct">Ends the questions to the engine.</param>
    public async Task<(AggregatePlan Plan, JsonObject Outer)?> TryPlanAsync(
        BoundTable table, JsonObject select, int number, CancellationToken ct)
    {
        string merged = string.Create(CultureInfo.InvariantCulture, $"__ts_merged{number}_");
        string partials = string.Create(CultureInfo.InvariantCulture, $"__ts_partials{number}_");
        if (AggregateShape.Read(parser, table, select, merged) is not { } shape) return null;
        JsonObject[] inputs = [.. shape.Keys, .. shape.Calls.SelectMany(call => call.Inputs)];
        string[] types = await probe.TypesAsync(table, inputs, ct);
        string[] keyTypes = types[..shape.Keys.Count];
        if (!keyTypes.All(WireTypes.CanTravel)) return null;
        RowColumns rows = new(shape);
        if (Recipes(table, shape, rows, types[shape.Keys.Count..]) is not { } recipes) return null;
        string[] names = await probe.NamesAsync(select, [table], ct);
        if (!Name(shape.Outer, names)) return null;
        if (recipes.Any(recipe => recipe.Winners is not null)) rows.AddSeries(table);
        PlannedFragment fragment = new()
        {
            ResultName = partials,
            HasStates = true,
            RelationName = table.RelationName,
            Table = table.Table,
            Scope = ScopeOf(table, shape, rows),
            Sql = new FragmentText(parser, table, shape, rows, recipes, keyTypes).Write(),
        };
        string sql = new MergeText(partials, shape, recipes, keyTypes).Write();
        if (shape.Gaps is { } gaps) sql = gaps.Fill(parser, sql, shape, shape.GapKey, shape.Having);
        return (new AggregatePlan(fragment, merged, sql), shape.Outer);
    }

    private List<AggregateRecipe>? Recipes(
        BoundTable table, AggregateShape shape, RowColumns rows, string[] inputTypes)
    {
        List<AggregateRecipe> recipes = [];
        int next = 0;
        for (int i = 0; i < shape.Calls.Count; i++)
        {
            AggregateCall call = shape.Calls[i];
            string[] inputs = [.. call.Inputs.Select(input => rows.Argument(input, IsTime(table, input)))];
            string[] types = inputTypes[next..(next + inputs.Length)];
            next += inputs.Length;
            string? condition = call.Filter is null ? null : rows.Add(call.Filter);
            string prefix = string.Create(CultureInfo.InvariantCulture, $"__ts_a{i}_");
            AggregateRecipe? recipe = AggregateRecipes.Create(call, prefix, inputs, types, condition)
                ?? _values.Create(call, prefix, inputs, types, condition);
            if (recipe is null) return null;
            recipes.Add(recipe);
        }

        return recipes;
    }

    private static bool IsTime(BoundTable table, JsonObject expression) =>
        table.ColumnOf(expression.ColumnNames()) == TypeResolver.TimeName;

    private static bool Name(JsonObject outer, string[] names)
    {
        IReadOnlyList<JsonObject> items = outer.Objects("select_list");
        if (items.Count != names.Length) return false;
        for (int i = 0; i < names.Length; i++) items[i]["alias"] = names[i];
        return true;
    }

    private static ScanScope ScopeOf(BoundTable table, AggregateShape shape, RowColumns rows)
    {
        SortedSet<string> columns = new(StringComparer.Ordinal);
        foreach (JsonObject node in rows.Expressions.Append(shape.Where).SelectMany(e => e.Walk()))
        {
            if (table.ColumnOf(node.ColumnNames()) is { } name) columns.Add(name);
        }

        return ScopeFinder.Find(
            ScopeFinder.Conjuncts(shape.Where), (e, name) => table.ColumnOf(e.ColumnNames()) == name,
                columns);
    }
}
