using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Query.Analysis;
using TsDb.Query.Ports;

namespace TsDb.Query.Planning;

/// <summary>
/// A query of the form that partial states can answer: one table, keys, aggregates, and the rest over those.
/// Reading it
/// gives up on whatever is not certainly of that form.
/// </summary>
internal sealed class AggregateShape
{
    private const int AliasDepthMax = 8;

    private readonly ISqlParser _parser;
    private readonly BoundTable _table;
    private readonly Dictionary<string, JsonObject> _aliases;
    private readonly Dictionary<string, int> _keyIndex = [];
    private readonly Dictionary<string, int> _callIndex = [];
    private readonly List<JsonObject> _keys = [];
    private readonly List<AggregateCall> _calls = [];
    private readonly List<ImmutableArray<int>> _groupings = [];
    private bool _failed;
    private int _depth;

    private AggregateShape(ISqlParser parser, BoundTable table, JsonObject select, string merged)
    {
        (_parser, _table, Merged) = (parser, table, merged);
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

    /// <summary>The SQL name of the table's column that an expression is; null if it is none.</summary>
    public string? ColumnOf(JsonObject expression) => _table.ColumnOf(expression.ColumnNames());

    private IReadOnlyList<JsonObject> Items => Select.Objects("select_list");

    /// <summary>The relation of groups with their finished aggregates.</summary>
    public string Merged { get; }

    /// <summary>The grouping sets, as numbers of keys; default if all keys group.</summary>
    public ImmutableArray<ImmutableArray<int>> Sets { get; private set; }

    /// <summary>How gaps in the groups are filled; null if they are not.</summary>
    public GapFilling? Gaps { get; private set; }

    /// <summary>The number of the key whose gaps are filled.</summary>
    public int GapKey { get; private set; }

    /// <summary>The condition on groups where it must come before gaps are filled, over <see
    /// cref="Merged"/>.</summary>
    public JsonObject? Having { get; private set; }

    /// <summary>The calls of GROUPING(), as numbers of keys.</summary>
    public IReadOnlyList<ImmutableArray<int>> Groupings => _groupings;

    /// <summary>The names of the keys' columns.</summary>
    public IEnumerable<string> KeyNames => _keys.Select((_, i) => KeyName(i));

    /// <summary>What of ORDER BY and LIMIT every fragment can do by itself; nothing if it cannot.</summary>
    public string FirstGroups { get; private set; } = "";

    public static string KeyName(int index) => string.Create(CultureInfo.InvariantCulture, $"__ts_k{index}");

    public static string ValueName(int index) =>
        string.Create(CultureInfo.InvariantCulture, $"__ts_v{index}");

    public static string GroupingName(int index) =>
        string.Create(CultureInfo.InvariantCulture, $"__ts_grouping{index}");

    /// <summary>Reads the shape of a SELECT whose FROM is the table alone; null if it has another.</summary>
    public static AggregateShape? Read(
        ISqlParser parser, BoundTable table, JsonObject select, string merged)
    {
        if (!IsPlain(select)) return null;
        AggregateShape shape = new(parser, table, select, merged);
        if (!shape.ReadKeys() || !shape.ReadSets() || !shape.ReadRest()) return null;
        if (shape.Gaps is null) shape.FirstGroups = GroupOrder.Push(shape);
        return shape;
    }

    private static bool IsPlain(JsonObject select)
    {
        JsonObject from = select.Object("from_table")!;
        bool isPlainTable = from["sample"] is null && from["at_clause"] is null
            && from["column_name_alias"] is not JsonArray { Count: > 0 };
        bool isPlainSelect = select["sample"] is null && select.Object("cte_map").Objects("map").Count == 0;
        return isPlainTable && isPlainSelect
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
            if (key is not null && GapFilling.Read(_parser, key) is { } gaps)
            {
                if (Gaps is not null && !_keyIndex.ContainsKey(key.Key())) return false;
                (Gaps, GapKey) = (gaps, _keyIndex.GetValueOrDefault(key.Key(), _keys.Count));
                _keyIndex.TryAdd(key.Key(), GapKey);
                key = gaps.BucketCall;
            }

            if (key is null || !RowExpression.CanTravel(_table, key)) return false;
            if (_keyIndex.TryAdd(key.Key(), _keys.Count)) _keys.Add(key);
        }

        return true;
    }

    // Sets are numbers of GROUP BY expressions, of which several can be one key.
    private bool ReadSets()
    {
        JsonObject[] expressions = [.. Select.Objects("group_expressions")];
        if (Select["group_sets"] is not JsonArray sets || sets.Count == 0) return true;
        if (sets is [JsonArray only] && only.Count == expressions.Length && only.Count > 0) return true;
        if (Gaps is not null) return false;
        int[] keys = [.. expressions.Select(expression => _keyIndex[KeyOf(expression)!.Key()])];
        Sets = [.. sets.Select(
            set => set!.AsArray().Select(i => keys[(int)i!]).Distinct().ToImmutableArray())];
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
            if (Gaps is null) outer["where_clause"] = OverMerged(having);
            else Having = OverMerged(having);
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
        if (node.IsType("GROUPING_FUNCTION")) return Grouping(node);
        if (GapFilling.IsFilling(node)) return Filled(node);
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

    private JsonObject? Filled(JsonObject node)
    {
        _failed |= Gaps is null || node.Text("function_name") is not ("locf" or "interpolate");
        if (_failed) return null;
        JsonObject call = node.Copy();
        call["children"] = new JsonArray([.. node.Objects("children").Select(c => (JsonNode?)OverMerged(c))]);
        return GapFilling.Filled(_parser, call, this, GapKey);
    }

    private JsonObject Grouping(JsonObject node)
    {
        List<int> keys = [];
        foreach (JsonObject child in node.Objects("children"))
        {
            if (KeyOf(child) is { } key && _keyIndex.TryGetValue(key.Key(), out int index)) keys.Add(index);
            else _failed = true;
        }

        _groupings.Add([.. keys]);
        return SqlTree.Column(GroupingName(_groupings.Count - 1));
    }

    private JsonObject Aggregate(JsonObject function)
    {
        AggregateCall? call = AggregateCall.Read(function);
        bool isReadable = call is not null && call.Inputs.All(a => RowExpression.CanTravel(_table, a))
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
