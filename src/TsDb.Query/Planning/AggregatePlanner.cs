using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Model;
using TsDb.Query.Analysis;
using TsDb.Query.Ports;

namespace TsDb.Query.Planning;

/// <summary>
/// Writes a query's fragment (partial states for each group) and what merges them. The user's expressions are
/// printed
/// once, as columns of the innermost SELECT; everything above is over generated names.
/// </summary>
internal sealed class AggregatePlanner(ISqlParser parser, EngineProbe probe)
{
    private const string Partials = "__ts_partials";
    private const string EdgeColumn = "__ts_e";

    /// <summary>The plan, or null if the query cannot be answered by partial states.</summary>
    public async Task<AggregatePlan?> TryPlanAsync(BoundStatement bound, CancellationToken ct)
    {
        if (AggregateShape.Read(bound) is not { } shape) return null;
        BoundTable table = bound.Tables[0];
        JsonObject[] inputs = [.. shape.Keys, .. shape.Calls.SelectMany(call => call.Arguments)];
        string[] types = await probe.TypesAsync(table, inputs, ct);
        string[] keyTypes = types[..shape.Keys.Count];
        if (!keyTypes.All(WireTypes.CanTravel)) return null;
        RowColumns rows = new(shape);
        List<AggregateRecipe> recipes = [];
        int next = shape.Keys.Count;
        for (int i = 0; i < shape.Calls.Count; i++)
        {
            AggregateCall call = shape.Calls[i];
            string[] arguments =
                [.. call.Arguments.Select(argument => rows.Argument(argument, IsTime(table, argument)))];
            string[] argumentTypes = types[next..(next + arguments.Length)];
            next += arguments.Length;
            string? condition = call.Filter is null ? null : rows.Add(call.Filter);
            string prefix = string.Create(CultureInfo.InvariantCulture, $"__ts_a{i}_");
            if (AggregateRecipes.Create(call, prefix, arguments, argumentTypes, condition) is not { } recipe)
                return null;
            recipes.Add(recipe);
        }

        string[] names = await probe.NamesAsync(bound, ct);
        if (!Name(shape.Outer, names)) return null;
        bool isRanked = recipes.Any(recipe => recipe.Winners is not null);
        if (isRanked) rows.AddSeries(table);
        PlannedFragment fragment = new()
        {
            ResultName = Partials,
            RelationName = table.RelationName,
            Table = table.Table,
            Scope = ScopeOf(table, shape, rows),
            Sql = isRanked
                ? Ranked(table, shape, rows, recipes, keyTypes)
                : ByGroup(table, shape, rows, recipes, keyTypes),
        };
        string outer = parser.Print(SqlTree.Statement(shape.Outer));
        return new AggregatePlan(fragment, Merged(shape, recipes, keyTypes), outer, isRanked);
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
            ScopeFinder.Conjuncts(shape.Where), (e, name) =>
                table.ColumnOf(e.ColumnNames()) == name, columns);
    }

    // The user's expressions as plain columns, one row for each point.
    private string Rows(BoundTable table, AggregateShape shape, RowColumns rows) =>
        parser.Print(SqlTree.Statement(
        SqlTree.Select(rows.Items, SqlTree.BaseTable(table.RelationName, table.Alias), shape.Where)));

    private string ByGroup(
        BoundTable table,
        AggregateShape shape,
        RowColumns rows,
        List<AggregateRecipe> recipes,
        string[] keyTypes)
    {
        IEnumerable<string> columns = Keys(shape, keyTypes, WireTypes.ToWire).Concat(
            recipes.SelectMany(recipe => recipe.Columns).Select(c => $"{c.FromRows} AS {c.Name}"));
        return $"SELECT {List(columns)} FROM ({Rows(table, shape, rows)}) AS "
            + $"__ts_rows{GroupBy(KeyNames(shape))}";
    }

    // Once over all rows for the places (which time is the last?), once more for the rows at those places:
    // few, so
    // that only they are ranked by series.
    private string Ranked(
        BoundTable table,
        AggregateShape shape,
        RowColumns rows,
        List<AggregateRecipe> recipes,
        string[] keyTypes)
    {
        string[] keys = [.. KeyNames(shape)];
        PartialColumn[] columns = [.. recipes.SelectMany(recipe => recipe.Columns)];
        PartialColumn[] first = [.. columns.Where(column => !column.IsOfWinners)];
        PartialColumn[] second = [.. columns.Where(column => column.IsOfWinners)];
        string places = $"SELECT {List(keys.Concat(first.Select(c => $"{c.FromRows} AS {c.Name}")))} "
            + $"FROM __ts_rows{GroupBy(keys)}";
        string on = keys.Length == 0 ? "true"
            : string.Join(" AND ", keys.Select(key => $"a.{key} IS NOT DISTINCT FROM b.{key}"));
        string winners = string.Join(
            " OR ", recipes.Select(recipe => recipe.Winners).OfType<string>().Distinct().Select(w =>
                $"({w})"));
        IEnumerable<string> placeNames = first.Select(column => $"b.{column.Name}").Prepend("a.*");
        string few =
            $"SELECT {List(placeNames)} FROM __ts_rows AS a JOIN __ts_places AS b ON {on} WHERE {winners}";
        string series = string.Join(
            " || chr(0) || ", rows.Tags.Select(tag => $"coalesce({tag}, '')").Prepend(EdgeColumn));
        string picked = $"SELECT {List(keys.Concat(second.Select(c => $"{c.FromRows} AS {c.Name}")))} FROM "
            + $"(SELECT *, {series} AS {AggregateRecipes.Series} FROM ({few})){GroupBy(keys)}";
        IEnumerable<string> all = shape.Keys.Select((_, i) =>
                $"{WireTypes.ToWire(keyTypes[i], $"a.{keys[i]}")} AS {keys[i]}")
            .Concat(columns.Select(column => $"{(column.IsOfWinners ? "b" : "a")}.{column.Name}"));
        return $"WITH __ts_rows AS NOT MATERIALIZED ({Rows(table, shape, rows)}), "
            + $"__ts_places AS MATERIALIZED ({places}) "
            + $"SELECT {List(all)} FROM __ts_places AS a LEFT JOIN ({picked}) AS b ON {on}";
    }

    private static string Merged(AggregateShape shape, List<AggregateRecipe> recipes, string[] keyTypes)
    {
        IEnumerable<string> columns = KeyNames(shape).Concat(Combined(recipes));
        string combined = $"SELECT {List(columns)} FROM {Prepared(Partials, shape, recipes)}"
            + GroupBy(KeyNames(shape));
        IEnumerable<string> finished = Keys(shape, keyTypes, WireTypes.FromWire).Concat(
            recipes.Select((recipe, i) => $"{recipe.Finish} AS {AggregateShape.ValueName(i)}"));
        return $"SELECT {List(finished)} FROM ({combined}) AS __ts_combined";
    }

    private static IEnumerable<string> Combined(List<AggregateRecipe> recipes) =>
        recipes.SelectMany(recipe => recipe.Columns).Select(c => $"{c.Combine} AS {c.Name}");

    private static string Prepared(string states, AggregateShape shape, List<AggregateRecipe> recipes)
    {
        string[] keys = [.. KeyNames(shape)];
        string window = keys.Length == 0 ? "()" : $"(PARTITION BY {List(keys)})";
        string[] prepared = [.. recipes.SelectMany(recipe => recipe.Prepared).Select(column =>
            $"{string.Format(CultureInfo.InvariantCulture, column.Sql, window)} AS {column.Name}")];
        return prepared.Length == 0 ? states : $"(SELECT *, {List(prepared)} FROM {states}) AS __ts_prepared";
    }

    private static IEnumerable<string> KeyNames(AggregateShape shape) =>
        shape.Keys.Select((_, i) => AggregateShape.KeyName(i));

    private static IEnumerable<string> Keys(
        AggregateShape shape, string[] types, Func<string, string, string> convert) =>
            shape.Keys.Select((_, i) =>
            $"{convert(types[i], AggregateShape.KeyName(i))} AS {AggregateShape.KeyName(i)}");

    private static string GroupBy(IEnumerable<string> names)
    {
        string list = List(names);
        return list.Length == 0 ? "" : $" GROUP BY {list}";
    }

    private static string List(IEnumerable<string> items) => string.Join(", ", items);

    // The columns of the innermost SELECT, each expression once.
    private sealed class RowColumns
    {
        private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
        private readonly List<(string Name, JsonObject Expression)> _columns = [];

        public RowColumns(AggregateShape shape)
        {
            foreach ((int i, JsonObject key) in shape.Keys.Index()) _columns.Add(
                (AggregateShape.KeyName(i), key));
        }

        public IEnumerable<JsonObject> Expressions => _columns.Select(column => column.Expression);

        public List<string> Tags { get; } = [];

        public IEnumerable<JsonObject> Items => _columns.Count == 0
            ? [SqlTree.Constant("").As("__ts_none")]
            : _columns.Select(column => column.Expression.As(column.Name));

        public string Argument(JsonObject expression, bool isTime)
        {
            if (!isTime) return Add(expression);
            if (_names.TryAdd(AggregateRecipes.Time, AggregateRecipes.Time))
                _columns.Add((AggregateRecipes.Time, SqlTree.Column(TypeResolver.TimeName)));
            return AggregateRecipes.Time;
        }

        public string Add(JsonObject expression)
        {
            string key = expression.Key();
            if (_names.TryGetValue(key, out string? known)) return known;
            string name = string.Create(CultureInfo.InvariantCulture, $"__ts_x{_columns.Count}");
            _names.Add(key, name);
            _columns.Add((name, expression));
            return name;
        }

        public void AddSeries(BoundTable table)
        {
            Argument(SqlTree.Column(TypeResolver.TimeName), isTime: true);
            _columns.Add((EdgeColumn, SqlTree.Column(TypeResolver.EdgeName)));
            IEnumerable<ResolvedColumn> tags =
                table.Table.Columns.Where(column => column.Role == ColumnRole.Tag)
                .OrderBy(column => column.Name, StringComparer.Ordinal);
            foreach (ResolvedColumn tag in tags)
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"__ts_g{Tags.Count}");
                Tags.Add(name);
                _columns.Add((name, SqlTree.Column(tag.SqlName)));
            }
        }
    }
}
