using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Model;
using TsDb.Query.Analysis;
using TsDb.Query.Functions;
using TsDb.Query.Ports;

namespace TsDb.Query.Planning;

/// <summary>
/// The functions of time series that statements call (src/TsDb.Query/FUNCTIONS.md), written in what the
/// engine and the planner know. Over a table the time and the series of a row need not be said.
/// </summary>
internal sealed class SeriesFunctions(ISqlParser parser)
{
    /// <summary>Stands for the columns that tell series apart: the edge and all tags.</summary>
    public const string SeriesMark = "__ts_series";

    private const int BinsMax = 200;
    private const int WindowMax = 1_000_000;

    private static readonly Dictionary<string, CurveQuestion> Curves = new(StringComparer.OrdinalIgnoreCase)
    {
        ["delta"] = CurveQuestion.Delta,
        ["derivative"] = CurveQuestion.Derivative,
        ["increase"] = CurveQuestion.Increase,
        ["rate"] = CurveQuestion.Rate,
        ["integral"] = CurveQuestion.Integral,
        ["time_weighted_avg"] = CurveQuestion.LinearAverage,
    };

    private readonly ConcurrentDictionary<string, JsonObject> _templates = new(StringComparer.Ordinal);

    /// <summary>The statement without such calls; the same object if it has none.</summary>
    public BoundStatement Apply(BoundStatement bound) => bound.Tree.Walk().Any(IsOurs)
        ? bound.With((JsonObject)Rewritten(bound.Tree, null, bound)!)
        : bound;

    private static bool IsOurs(JsonObject node) => node.ColumnNames() is [SeriesMark] || IsCall(node);

    private static bool IsCall(JsonObject node)
    {
        string name = node.Text("function_name").ToLowerInvariant();
        int count = node.Objects("children").Count;
        return name switch
        {
            "histogram" => count == 4,
            "time_bucket" or "date_bin" => count == 3,
            "locf" => node.IsClass("WINDOW"),

            // What is not in that list would be taken for a function of one row before it comes here.
            _ => FunctionNames.Series.Contains(name),
        };
    }

    private JsonNode? Rewritten(JsonNode? node, BoundTable? table, BoundStatement bound)
    {
        if (node is JsonArray list)
            return new JsonArray([.. list.SelectMany(item => Expanded(item, table, bound))]);
        if (node is not JsonObject o) return node?.DeepClone();
        if (o.IsType("SELECT_NODE"))
        {
            JsonObject? from = o.Object("from_table");
            table = bound.Tables.FirstOrDefault(t => ReferenceEquals(t.Node, from));
        }

        JsonObject copy = [];
        foreach ((string name, JsonNode? value) in o) copy[name] = Rewritten(value, table, bound);
        if (o.IsType("SELECT_NODE"))
        {
            // A column without a name is called by what was written.
            foreach ((JsonObject before, JsonObject after) in
                o.Objects("select_list").Zip(copy.Objects("select_list")))
            {
                if (before.Text("alias").Length == 0 && before.Walk().Any(IsCall)) after["alias"] =
                    parser.NameOf(before);
            }
        }

        return IsCall(copy) ? Call(copy, table) : copy;
    }

    private IEnumerable<JsonNode?> Expanded(JsonNode? item, BoundTable? table, BoundStatement bound)
    {
        if (item is JsonObject mark && mark.ColumnNames() is [SeriesMark]) return SeriesOf(table);
        if (item is JsonObject order && order.Object("expression").ColumnNames() is [SeriesMark])
        {
            return SeriesOf(table).Select(column =>
            {
                JsonObject copy = order.Copy();
                copy["expression"] = column;
                return (JsonNode?)copy;
            });
        }

        return [Rewritten(item, table, bound)];
    }

    private static IEnumerable<JsonObject> SeriesOf(BoundTable? table)
    {
        if (table is null) throw Wrong("latest_by takes the name of a table");
        return table.Table.Columns.Where(column => column.Role == ColumnRole.Tag)
            .OrderBy(column => column.Name, StringComparer.Ordinal).Select(column => column.SqlName)
            .Prepend(TypeResolver.EdgeName).Select(name => SqlTree.Column(table.Alias, name));
    }

    private JsonObject Call(JsonObject call, BoundTable? table)
    {
        string name = call.Text("function_name").ToLowerInvariant();
        JsonObject[] inputs = [.. call.Objects("children")];
        JsonObject result = call.IsClass("WINDOW") ? Window(call, name, inputs)
            : Curves.TryGetValue(name, out CurveQuestion question) ? Curve(
                call, name, question, inputs, table)
            : name switch
            {
                "spread" when inputs.Length == 1 => Of("max(__x) - min(__x)", call, ("__x", inputs[0])),
                "approx_count_distinct" when inputs.Length == 1 => Of(
                    "tsdb_distinct(CASE WHEN __x IS NOT NULL THEN hash(__x) END)", call, ("__x", inputs[0])),
                "approx_quantile" when inputs.Length == 2 => Quantile(call, inputs),
                "histogram" => Histogram(call, inputs),
                "moving_avg" when inputs.Length == 2 => MovingAverage(inputs, table),
                "time_bucket" or "date_bin" => InZone(call, inputs),
                _ => throw Wrong($"{name} does not take {inputs.Length} arguments"),
            };
        result["alias"] = call.Text("alias");
        return result;
    }

    private JsonObject Quantile(JsonObject call, JsonObject[] inputs)
    {
        JsonObject share = inputs[1];
        const string One = "tsdb_quantile(CAST(__x AS DOUBLE), __q)";
        bool isList = share.IsClass("FUNCTION") && share.Text("function_name") == "list_value";
        if (!isList) return Of(One, call, ("__x", inputs[0]), ("__q", share));
        JsonObject list = share.Copy();
        list["children"] = new JsonArray(
            [.. share.Objects("children").Select(
                q => (JsonNode?)Of(One, call, ("__x", inputs[0]), ("__q", q)))]);
        return list;
    }

    // (value [, time] [, unit]): over a table the time is the table's, and each series goes by itself.
    private JsonObject Curve(
        JsonObject call, string name, CurveQuestion question, JsonObject[] inputs, BoundTable? table)
    {
        List<JsonObject> rest = [.. inputs.Skip(1)];
        JsonObject? unit = rest.FirstOrDefault(IsInterval);
        if (unit is not null) rest.Remove(unit);
        if (name == "time_weighted_avg" && rest.LastOrDefault() is { } method && TextOf(method) is { } text)
        {
            question = text.ToLowerInvariant() switch
            {
                "linear" => CurveQuestion.LinearAverage,
                "locf" => CurveQuestion.StepAverage,
                _ => throw Wrong("time_weighted_avg joins points by 'linear' or 'locf'"),
            };
            rest.RemoveAt(rest.Count - 1);
        }

        if (inputs.Length == 0 || rest.Count > 1) throw Wrong($"{name} takes a value, a time and a unit");
        if (table is null && rest.Count == 0)
            throw Wrong($"{name} needs the time as its second argument here: only over a single table it "
                + $"is known");
        bool isOfTable = table is not null
            && (rest.Count == 0 || table.ColumnOf(rest[0].ColumnNames()) == TypeResolver.TimeName);
        string series = isOfTable
            ? string.Join(" || chr(0) || ", SeriesOf(table).Select(c => $"coalesce({Text(c)}, '')"))
            : "''";
        string scale = unit is null ? "" : question == CurveQuestion.Integral ? " / epoch(__u)"
            : " * epoch(__u)";
        if (unit is not null && question is not
            (CurveQuestion.Rate or CurveQuestion.Derivative or CurveQuestion.Integral))
            throw Wrong($"{name} takes no unit of time");
        JsonObject time = rest.Count == 0 ? SqlTree.Column(table!.Alias, TypeResolver.TimeName) : rest[0];
        string number = ((int)question).ToString(CultureInfo.InvariantCulture);
        return Of(
            $"tsdb_curve(CAST(__x AS DOUBLE), CAST(__t AS TIMESTAMP_NS), {series}, {number}){scale}", call,
            ("__x", inputs[0]), ("__t", time), ("__u", unit ?? SqlTree.Constant("")));
    }

    private JsonObject Histogram(JsonObject call, JsonObject[] inputs)
    {
        if (RowsFirst.Number(inputs[3]) is not (>= 1 and <= BinsMax and var bins))
            throw Wrong($"histogram(value, low, high, bins) takes 1 to {BinsMax} bins");
        string bin = string.Create(
            CultureInfo.InvariantCulture,
            $"CASE WHEN __x < __lo THEN 0 WHEN __x >= __hi THEN {bins + 1} ELSE "
            + $"least(CAST(floor((__x - __lo) / ((__hi - __lo) / CAST({bins} AS DOUBLE))) AS BIGINT) + 1, "
                + $"{bins}) END");
        IEnumerable<string> counts = Enumerable.Range(0, (int)bins + 2).Select(i =>
            string.Create(CultureInfo.InvariantCulture, $"count(CASE WHEN ({bin}) = {i} THEN 1 END)"));
        return Of(
            $"[{string.Join(", ", counts)}]", call, ("__x", inputs[0]), ("__lo", inputs[1]), (
                "__hi", inputs[2]));
    }

    private JsonObject MovingAverage(JsonObject[] inputs, BoundTable? table)
    {
        if (table is null || inputs[0].Walk().Any(AggregateCall.IsAggregate))
            throw Wrong("moving_avg over a query's own columns needs OVER (PARTITION BY ... ORDER BY time)");
        string partition = string.Join(", ", SeriesOf(table).Select(Text));
        string time = Text(SqlTree.Column(table.Alias, TypeResolver.TimeName));
        return Of(
            $"avg(__x) OVER (PARTITION BY {partition} ORDER BY {time} ROWS BETWEEN {Rows(inputs[1])} "
                + $"PRECEDING "
            + "AND CURRENT ROW)", null, ("__x", inputs[0]));
    }

    private JsonObject Window(JsonObject call, string name, JsonObject[] inputs)
    {
        JsonObject plain = name switch
        {
            "moving_avg" when inputs.Length == 2 => Of(
                $"avg(__x) OVER (ORDER BY 1 ROWS BETWEEN {Rows(inputs[1])} PRECEDING AND CURRENT ROW)",
                null, ("__x", inputs[0])),
            "locf" when inputs.Length == 1 => Of(
                "last_value(__x IGNORE NULLS) OVER (ORDER BY 1 ROWS BETWEEN UNBOUNDED PRECEDING AND "
                    + "CURRENT ROW)",
                null, ("__x", inputs[0])),
            _ => throw Wrong($"{name} cannot be used with OVER"),
        };
        if (call["orders"] is JsonArray { Count: 0 }) throw Wrong($"{name} needs ORDER BY in its OVER");
        plain["partitions"] = call["partitions"]?.DeepClone();
        plain["orders"] = call["orders"]?.DeepClone();
        return plain;
    }

    /// <summary>True if the third argument of time_bucket is a time zone: a text that is no time.</summary>
    public static bool IsZone(JsonObject input) =>
        TextOf(input) is { } zone && !zone.Any(char.IsAsciiDigit);

    private JsonObject InZone(JsonObject call, JsonObject[] inputs) => IsZone(inputs[2])
        ? Of(ZoneBuckets.Text(inputs[0], "__w", "__t", "__z"), null, ("__w", inputs[0]), ("__t", inputs[1]),
            ("__z", inputs[2]))
        : call;

    private static string Rows(JsonObject count) => RowsFirst.Number(
        count) is >= 1 and <= WindowMax and var rows
        ? (rows - 1).ToString(CultureInfo.InvariantCulture)
        : throw Wrong($"moving_avg(value, rows) takes 1 to {WindowMax} rows");

    private static bool IsInterval(JsonObject node) =>
        (node.IsClass("CAST") && node.Object("cast_type").Text("id") == "INTERVAL")
        || (node.IsClass("FUNCTION") && node.Text("function_name").StartsWith("to_", StringComparison.Ordinal)
            && node.Text("function_name").EndsWith('s'));

    private static string? TextOf(JsonObject node)
    {
        JsonObject? value = node.IsClass("CONSTANT") ? node.Object("value") : null;
        return value.Object("type").Text("id") == "VARCHAR" && !value.Flag("is_null") ? value.Text("value")
            : null;
    }

    private static string Text(JsonObject column) => string.Join('.', column.ColumnNames()
        .Select(part => $"\"{part.Replace("\"", "\"\"", StringComparison.Ordinal)}\""));

    private static TsDbException Wrong(string why) => new(ErrorKind.Invalid, why);

    // An expression with its placeholders filled in; the call's FILTER is one of each aggregate in it.
    private JsonObject Of(string text, JsonObject? call, params (string Name, JsonObject Value)[] inputs)
    {
        JsonObject template = _templates.GetOrAdd(text, key =>
            parser.Parse($"SELECT {key}").Objects("statements")[0].Object("node").Objects("select_list")[0]);
        if (_templates.Count > 1_000) _templates.Clear();
        JsonObject filled = (JsonObject)template.Rewrite(node => node.ColumnNames() is [var name]
            ? inputs.FirstOrDefault(input => input.Name == name).Value?.As("")
            : null)!;
        if (call?["filter"] is not JsonObject && call?.Flag("distinct") != true) return filled;
        foreach (JsonObject aggregate in filled.Walk().Where(AggregateCall.IsAggregate))
        {
            aggregate["filter"] = call["filter"]?.DeepClone();
            if (call.Flag("distinct")) aggregate["distinct"] = true;
        }

        return filled;
    }
}
