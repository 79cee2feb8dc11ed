using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Query.Analysis;

namespace TsDb.Query.Planning;

/// <summary>
/// A query of the form that partial states can answer: one table, keys, aggregates, and the rest over those.
/// Reading it
/// gives up on whatever is not certainly of that form.
/// </summary>
internal sealed class AggregateShape
{
    private const int AliasDepthMax = 8;

    private readonly BoundTable _table;
    private readonly Dictionary<string, JsonObject> _aliases;
    private readonly Dictionary<string, int> _keyIndex = [];
    private readonly Dictionary<string, int> _callIndex = [];
    private readonly List<JsonObject> _keys = [];
    private readonly List<AggregateCall> _calls = [];
    private bool _failed;
    private int _depth;

    private AggregateShape(BoundTable table, JsonObject select)
    {
        _table = table;
        Select = (JsonObject)select.Rewrite(PlainColumn)!;
        _aliases = new Dictionary<string, JsonObject>(StringComparer.OrdinalIgnoreCase);
        foreach (JsonObject item in Items)
        {
            if (item.Text("alias") is { Length: > 0 } alias) _aliases.TryAdd(alias, item);
        }
    }

    /// <summary>Grouping expressions over the table's columns.</summary>
    public IReadOnlyList<JsonObject> Keys => _keys;

    /// <summary>The aggregates, each once.</summary>
    public IReadOnlyList<AggregateCall> Calls => _calls;

    /// <summary>The condition on rows, over the table's columns; null if there is none.</summary>
    public JsonObject? Where { get; private set; }

    /// <summary>What is left over keys and aggregates: a query whose FROM is <see cref="Merged"/>.</summary>
    public JsonObject Outer { get; private set; } = [];

    private JsonObject Select { get; }

    private IReadOnlyList<JsonObject> Items => Select.Objects("select_list");

    /// <summary>The relation of groups with their finished aggregates.</summary>
    public static string Merged => "__ts_merged";

    public static string KeyName(int index) => string.Create(CultureInfo.InvariantCulture, $"__ts_k{index}");

    public static string ValueName(int index) =>
        string.Create(CultureInfo.InvariantCulture, $"__ts_v{index}");

    /// <summary>Reads the shape of a query with these output names; null if it has another.</summary>
    public static AggregateShape? Read(BoundStatement bound)
    {
        if (bound.Tables.Length != 1
            || bound.Source.Sql.Contains("__ts_", StringComparison.OrdinalIgnoreCase))
            return null;
        JsonObject select = bound.Root;
        BoundTable table = bound.Tables[0];
        if (!select.IsType("SELECT_NODE")
            || !ReferenceEquals(select.Object("from_table"), table.Node)) return null;
        if (!IsPlain(select)) return null;
        AggregateShape shape = new(table, select);
        return shape.ReadKeys() && shape.ReadRest() ? shape : null;
    }

    private static bool IsPlain(JsonObject select)
    {
        JsonObject from = select.Object("from_table")!;
        bool isPlainTable = from["sample"] is null && from["at_clause"] is null
            && from["column_name_alias"] is not JsonArray { Count: > 0 };
        bool isPlainSelect = select["sample"] is null && select.Object("cte_map").Objects("map").Count == 0;
        int sets = select["group_sets"] is JsonArray groupSets ? groupSets.Count : 0;
        bool isOneGrouping = sets == 0 || (sets == 1 && select["group_sets"]![0] is JsonArray set
            && set.Count == select.Objects("group_expressions").Count);
        return isPlainTable && isPlainSelect && isOneGrouping
            && !select.Objects("select_list").Any(item => item.IsClass("STAR"))
            && !select.Objects("modifiers").Any(m => m.Objects("distinct_on_targets").Count > 0)
            && !select.Walk().Any(o =>
                o.IsClass("SUBQUERY") || o.IsClass("PARAMETER") || o.IsClass("LAMBDA"));
    }

    // [alias, column] and any case become the column's own SQL name.
    private JsonNode? PlainColumn(JsonObject node)
    {
        if (_table.ColumnOf(node.ColumnNames()) is not { } name) return null;
        JsonObject column = SqlTree.Column(name);
        column["alias"] = node.Text("alias");
        return column;
    }

    private bool ReadKeys()
    {
        bool hasAggregates = Select.Walk().Any(AggregateCall.IsAggregate);
        IEnumerable<JsonObject> expressions = Select.Objects("group_expressions");
        bool isDistinct = Select.Objects("modifiers").Any(m => m.IsType("DISTINCT_MODIFIER"));
        if (Select.Text("aggregate_handling") == "FORCE_AGGREGATES")
            expressions = Items.Where(item => !item.Walk().Any(AggregateCall.IsAggregate));
        else if (!expressions.Any() && isDistinct && !hasAggregates)
            expressions = Items;
        else if (!expressions.Any() && !hasAggregates)
            return false;

        foreach (JsonObject expression in expressions)
        {
            JsonObject? key = KeyOf(expression);
            if (key is null || !RowExpression.IsOver(_table, key)) return false;
            if (_keyIndex.TryAdd(key.Key(), _keys.Count)) _keys.Add(key);
        }

        return true;
    }

    // A position, an alias that no column has, or an expression. DuckDB prefers columns to aliases here.
    private JsonObject? KeyOf(JsonObject expression)
    {
        if (expression.IsClass("CONSTANT"))
        {
            JsonObject value = expression.Object("value")!;
            if (value.Object("type").Text("id") != "INTEGER") return expression.As("");
            int position = (int?)value["value"] ?? 0;
            return position >= 1 && position <= Items.Count ? Items[position - 1].As("") : null;
        }

        return expression.ColumnNames() is [string name] && _table.FindColumn(name) is null
            ? _aliases.GetValueOrDefault(name)?.As("")
            : expression.As("");
    }

    private bool ReadRest()
    {
        if (Select.Object("where_clause") is { } where)
        {
            Where = WithoutAliases(where);
            if (!RowExpression.IsOver(_table, Where)) return false;
        }

        List<JsonObject> items = [.. Items.Select(item => OverMerged(item).As(item.Text("alias")))];
        JsonObject outer = SqlTree.Select(items, SqlTree.BaseTable(Merged, ""), null);
        if (Select.Object("having") is { } having)
        {
            if (MentionsAmbiguous(having)) return false;
            outer["where_clause"] = OverMerged(having);
        }

        if (Select.Object("qualify") is { } qualify)
        {
            if (MentionsAmbiguous(qualify)) return false;
            outer["qualify"] = OverMerged(qualify);
        }

        outer["modifiers"] =
            new JsonArray([.. Select.Objects("modifiers").Select(m => (JsonNode?)Modifier(m))]);
        Outer = outer;
        return !_failed;
    }

    private JsonObject Modifier(JsonObject modifier)
    {
        if (!modifier.IsType("ORDER_MODIFIER")) return modifier.Copy();
        JsonObject copy = modifier.Copy();
        foreach (JsonObject order in copy.Objects("orders"))
        {
            JsonObject expression = order.Object("expression")!;
            bool isOutput = expression.IsClass("CONSTANT") || expression.IsClass("STAR")
                || (expression.ColumnNames() is [string name] && _aliases.ContainsKey(name));
            if (!isOutput) order["expression"] = OverMerged(expression);
        }

        return copy;
    }

    // HAVING prefers aliases where everything else prefers columns: where that makes a difference, give up.
    private bool MentionsAmbiguous(JsonObject condition) => condition.Walk().Any(node =>
        node.ColumnNames() is [string name] && _table.FindColumn(name) is not null
        && _aliases.TryGetValue(name, out JsonObject? item) && item.Key() != node.Key());

    private JsonObject WithoutAliases(JsonObject condition) => (JsonObject)condition.Rewrite(node =>
        node.ColumnNames() is [string name] && _table.FindColumn(name) is null
            ? _aliases.GetValueOrDefault(name)?.As("")
            : null)!;

    private JsonObject OverMerged(JsonObject expression) => (JsonObject)expression.Rewrite(Replace)!;

    private JsonNode? Replace(JsonObject node)
    {
        if (!node.ContainsKey("class")) return null;
        if (_keyIndex.TryGetValue(node.Key(), out int key)) return SqlTree.Column(KeyName(key));
        if (AggregateCall.IsAggregate(node)) return Aggregate(node);
        if (node.IsClass("FUNCTION")
            && FunctionNames.Volatile.Contains(node.Text("function_name"))) _failed = true;
        string[] names = node.ColumnNames();
        if (names.Length == 0) return null;
        JsonObject? item = names.Length == 1 && _table.FindColumn(names[0]) is null
            ? _aliases.GetValueOrDefault(names[0])
            : null;
        if (item is null || _depth == AliasDepthMax)
        {
            _failed = true;
            return node.Copy();
        }

        _depth++;
        JsonObject replaced = OverMerged(item).As("");
        _depth--;
        return replaced;
    }

    private JsonObject Aggregate(JsonObject function)
    {
        AggregateCall? call = AggregateCall.Read(function);
        bool isReadable = call is not null && call.Arguments.All(a => RowExpression.IsOver(_table, a))
            && (call.Filter is null || RowExpression.IsOver(_table, call.Filter));
        if (!isReadable)
        {
            _failed = true;
            return function.Copy();
        }

        string identity = function.Key();
        if (!_callIndex.TryGetValue(identity, out int index))
        {
            index = _calls.Count;
            _callIndex.Add(identity, index);
            _calls.Add(call!);
        }

        return SqlTree.Column(ValueName(index));
    }
}
