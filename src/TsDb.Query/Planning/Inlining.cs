using System.Text.Json.Nodes;
using TsDb.Query.Analysis;
using TsDb.Query.Ports;

namespace TsDb.Query.Planning;

/// <summary>
/// Puts a sub-query or CTE that only picks, renames and filters the rows of one table into the query around
/// it, so that aggregates over it can be split and its filters pushed. What is not certainly the same
/// afterwards stays as it is.
/// </summary>
internal sealed class Inlining(ISqlParser parser, IReadOnlyDictionary<TableName, ResolvedTable> tables)
{
    private readonly HashSet<string> _common = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The tree with such sub-queries gone; a copy.</summary>
    public JsonObject Apply(JsonObject tree)
    {
        JsonObject copy = tree.Copy();
        if (!copy.Walk().Any(
            node => node.IsType("SUBQUERY") || node.Object("cte_map").Objects("map").Count > 0))
            return copy;
        InlineCommon(copy);
        _common.UnionWith(copy.Walk().SelectMany(o => o.Object("cte_map").Objects("map")).Select(
            o => o.Text("key")));
        return (JsonObject)Flattened(copy)!;
    }

    // CTEs of the outermost query: each use becomes a sub-query in FROM. A name that is given twice stays.
    private void InlineCommon(JsonObject tree)
    {
        JsonObject? root = tree.Objects("statements")[0].Object("node");
        JsonArray map = root.Object("cte_map")?["map"] as JsonArray ?? [];
        foreach (JsonObject entry in map.OfType<JsonObject>().ToArray())
        {
            string name = entry.Text("key");
            JsonObject? node = entry.Object("value").Object("query").Object("node");
            bool isPlain = node is not null && ViewOf(node) is not null
                && entry.Object("value")!["aliases"] is JsonArray { Count: 0 }
                && tree.Walk().SelectMany(o => o.Object("cte_map").Objects("map"))
                    .Count(other => IsSame(other.Text("key"), name)) == 1
                && !tree.Walk().Any(o => o.IsType("RECURSIVE_CTE_NODE") && IsSame(o.Text("cte_name"), name));
            if (!isPlain) continue;
            map.Remove(entry);
            Replace(tree, use => use.IsType("BASE_TABLE") && use.Text("schema_name").Length == 0
                && IsSame(use.Text("table_name"), name)
                    ? SubQuery(node!, use)
                    : null);
        }
    }

    private View? ViewOf(JsonObject node) =>
        node.Object("from_table") is { } from && !_common.Contains(from.Text("table_name"))
            ? View.Read(node, tables)
            : null;

    private static void Replace(JsonNode node, Func<JsonObject, JsonNode?> replace)
    {
        if (node is JsonArray list)
        {
            foreach (JsonNode? item in list)
            {
                if (item is not null) Replace(item, replace);
            }
        }
        else if (node is JsonObject o)
        {
            foreach ((string name, JsonNode? value) in o.ToArray())
            {
                if (value is JsonObject inner && replace(inner) is { } replacement) o[name] = replacement;
                else if (value is not null) Replace(value, replace);
            }
        }
    }

    private static JsonObject SubQuery(JsonObject node, JsonObject use) => new()
    {
        ["type"] = "SUBQUERY",
        ["alias"] = use.Text("alias") is { Length: > 0 } alias ? alias : use.Text("table_name"),
        ["sample"] = use["sample"]?.DeepClone(),
        ["subquery"] = new JsonObject { ["node"] = node.Copy(), ["named_param_map"] = new JsonArray() },
        ["column_name_alias"] = use["column_name_alias"]?.DeepClone() ?? new JsonArray(),
    };

    // Innermost first.
    private JsonNode? Flattened(JsonNode? node)
    {
        if (node is JsonArray list) return new JsonArray([.. list.Select(Flattened)]);
        if (node is not JsonObject o) return node?.DeepClone();
        JsonObject copy = [];
        foreach ((string name, JsonNode? value) in o) copy[name] = Flattened(value);
        return copy.IsType("SELECT_NODE") ? Merged(copy) ?? copy : copy;
    }

    private JsonObject? Merged(JsonObject outer)
    {
        JsonObject? from = outer.Object("from_table");
        if (from is null || !from.IsType("SUBQUERY") || from["sample"] is not null
            || outer["sample"] is not null
            || from["column_name_alias"] is JsonArray { Count: > 0 }
            || from.Object("subquery").Object("node") is not { } inner
            || ViewOf(inner) is not { } view) return null;
        return new Merge(parser, view, from.Text("alias")).Apply(outer);
    }

    private static bool IsSame(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);

    // One outer query over one view.
    private sealed class Merge(ISqlParser parser, View view, string alias)
    {
        private bool _failed;

        public JsonObject? Apply(JsonObject outer)
        {
            IReadOnlyList<JsonObject> items = outer.Objects("select_list");
            bool isPlain = !outer.Walk().Any(node => node.IsClass("SUBQUERY") || node.IsClass("LAMBDA")
                    || (node.IsClass("STAR") && !View.IsPlainStar(node))
                    || (!view.KeepsTime && FunctionNames.Series.Contains(node.Text("function_name"))))
                && !items.Any(IsAmbiguous);
            if (!isPlain) return null;
            JsonObject merged = [];
            foreach ((string name, JsonNode? value) in outer)
            {
                merged[name] = name switch
                {
                    "select_list" => new JsonArray([.. items.SelectMany(Item)]),
                    "from_table" => view.From.Copy(),
                    "where_clause" => null,
                    _ => value.Rewrite(Column),
                };
            }

            JsonObject? where = (JsonObject?)outer["where_clause"].Rewrite(Column);
            JsonObject[] conditions = [.. new[] { view.Where, where }.OfType<JsonObject>()];
            merged["where_clause"] = conditions.Length switch
            {
                0 => null,
                1 => conditions[0].Copy(),
                _ => SqlTree.And(conditions),
            };
            return _failed ? null : merged;
        }

        // An output name that is a column's as well means now the one, now the other.
        private bool IsAmbiguous(JsonObject item) => item.Text("alias") is { Length: > 0 } name
            && view.Find(name) is not null
            && !(item.ColumnNames() is { Length: > 0 } parts && IsSame(parts[^1], name));

        private IEnumerable<JsonNode?> Item(JsonObject item)
        {
            if (item.IsClass("STAR"))
            {
                if (view.Outputs.Any(output => output.Name is null)) _failed = true;
                return view.Outputs.Select(output => (JsonNode?)output.Expression.As(output.Name ?? ""));
            }

            JsonObject rewritten = (JsonObject)item.Rewrite(Column)!;
            string[] parts = item.ColumnNames();
            rewritten["alias"] = item.Text("alias") is { Length: > 0 } given ? given
                : parts.Length > 0 ? parts[^1] : parser.NameOf(item);
            return [rewritten];
        }

        private JsonObject? Column(JsonObject node)
        {
            string[] parts = node.ColumnNames();
            if (parts.Length == 0) return null;
            string? name = parts.Length == 1 ? parts[0] : parts.Length == 2 && IsSame(parts[0], alias)
                ? parts[1] : null;
            JsonObject? expression = name is null ? null : view.Find(name);
            if (expression is null)
            {
                // An alias of the query itself, unless the table underneath has such a column.
                _failed |= name is null || parts.Length > 1 || IsSame(name, alias) || view.HidesColumn(name);
                return null;
            }

            _failed |= expression.IsClass("CONSTANT");
            return expression.As(node.Text("alias"));
        }
    }

    // SELECT expressions FROM table [WHERE condition], all over rows of the table.
    private sealed record View(
        ResolvedTable Table, JsonObject From, JsonObject? Where, List<(
            string? Name, JsonObject Expression)> Outputs)
    {
        private static readonly string[] StarChanges =
            ["exclude_list", "replace_list", "qualified_exclude_list", "rename_list"];

        /// <summary>False if another value goes by the name of the table's time: functions that go by time
        /// would take the wrong one.</summary>
        public bool KeepsTime => Find(TypeResolver.TimeName) is not { } time
            || new BoundTable("", "", Table, From).FindColumn(time.ColumnNames().LastOrDefault() ?? "")
                == TypeResolver.TimeName;

        public static View? Read(JsonObject select, IReadOnlyDictionary<TableName, ResolvedTable> tables)
        {
            JsonObject? from = select.Object("from_table");
            if (!select.IsType("SELECT_NODE") || from is null || !from.IsType("BASE_TABLE")
                || !tables.TryGetValue(Statement.NameOf(from), out ResolvedTable? table)) return null;

            // Names that differ only by case find their columns in the query as it is written.
            if (table.Columns.Any(column => column.SqlName != column.Name)) return null;
            bool isPlain = from["sample"] is null && from["at_clause"] is null
                && from["column_name_alias"] is not JsonArray { Count: > 0 }
                && select.Object("cte_map").Objects("map").Count == 0
                && select["modifiers"] is JsonArray { Count: 0 }
                && select["group_expressions"] is JsonArray { Count: 0 }
                && select["group_sets"] is JsonArray { Count: 0 }
                && select.Text("aggregate_handling") == "STANDARD_HANDLING"
                && select["having"] is null && select["sample"] is null && select["qualify"] is null;
            string name = from.Text("alias") is { Length: > 0 } alias ? alias : from.Text("table_name");
            BoundTable bound = new("", name, table, from);
            JsonObject? where = select.Object("where_clause");
            if (!isPlain || (where is not null && !RowExpression.IsOver(bound, where))) return null;
            List<(string? Name, JsonObject Expression)> outputs = [];
            foreach (JsonObject item in select.Objects("select_list"))
            {
                if (IsPlainStar(item))
                {
                    outputs.AddRange(new[] { TypeResolver.TimeName, TypeResolver.EdgeName }
                        .Concat(table.Columns.Select(column => column.SqlName))
                        .Select(column => ((string?)column, SqlTree.Column(column))));
                    continue;
                }

                if (!RowExpression.IsOver(bound, item)) return null;
                string[] parts = item.ColumnNames();
                string? output = item.Text("alias") is { Length: > 0 } given ? given : parts.LastOrDefault();
                outputs.Add((output, item.As("")));
            }

            int names = outputs.Select(output => output.Name).OfType<string>()
                .Distinct(StringComparer.OrdinalIgnoreCase).Count();
            return names == outputs.Count(output => output.Name is not null)
                ? new View(table, from, where, outputs)
                : null;
        }

        public static bool IsPlainStar(JsonObject node) => node.IsClass("STAR")
            && node.Text("relation_name").Length == 0 && !node.Flag("columns") && node["expr"] is null
            && StarChanges.All(list => node[list] is null or JsonArray { Count: 0 });

        public JsonObject? Find(string name) => Outputs
            .FirstOrDefault(output => output.Name is { } known && IsSame(known, name)).Expression;

        public bool HidesColumn(string name) => new BoundTable("", "", Table, From).FindColumn(
            name) is not null;
    }
}
