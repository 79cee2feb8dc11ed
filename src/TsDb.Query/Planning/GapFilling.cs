using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Model;
using TsDb.Query.Analysis;
using TsDb.Query.Ports;

namespace TsDb.Query.Planning;

/// <summary>
/// GROUP BY time_bucket_gapfill(width, time [, zone or origin] [, start, finish]): every bucket between the
/// bounds is in the answer, for each combination of the other keys. The bounds are those of WHERE where none
/// are given, else the first and last bucket that has rows. locf and interpolate fill what the buckets
/// without rows lack.
/// </summary>
internal sealed class GapFilling
{
    private const string Function = "time_bucket_gapfill";
    private const string Bucket = "__ts_bucket";
    private const int BucketsMax = 1_000_000;
    private const int RowsMax = 10_000_000;
    private const string TooMany = ": bound time more narrowly, or take wider buckets";
    private const string LastStep = "TIMESTAMP '2262-04-11 23:47:16.854775'";

    private readonly Func<string, string> _bucketOf;
    private readonly string _width;
    private readonly string _step;

    private GapFilling(ISqlParser parser, JsonObject[] inputs, int ofBucket)
    {
        _width = parser.PrintExpression(inputs[0]);
        string? third = ofBucket == 3 ? parser.PrintExpression(inputs[2]) : null;
        bool isZone = third is not null && SeriesFunctions.IsZone(inputs[2]);
        _step = isZone ? $"({_width}) / 2" : _width;
        _bucketOf = time => third is null ? $"time_bucket({_width}, {time})"
            : isZone ? ZoneBuckets.Text(inputs[0], _width, time, third)
            : $"time_bucket({_width}, {time}, {third})";
        Start = inputs.ElementAtOrDefault(ofBucket);
        Finish = inputs.ElementAtOrDefault(ofBucket + 1);
        BucketCall = parser.Parse($"SELECT {_bucketOf(parser.PrintExpression(inputs[1]))}")
            .Objects("statements")[0].Object("node").Objects("select_list")[0];
    }

    /// <summary>The key as the engine knows it: time_bucket.</summary>
    public JsonObject BucketCall { get; }

    private JsonObject? Start { get; }

    private JsonObject? Finish { get; }

    /// <summary>The filling that a grouping expression asks for; null if it is another.</summary>
    public static GapFilling? Read(ISqlParser parser, JsonObject key)
    {
        if (!key.IsClass("FUNCTION") || key.Text("function_name") != Function) return null;
        JsonObject[] inputs = [.. key.Objects("children")];
        if (inputs.Length is < 2 or > 5)
            throw Wrong($"{Function} takes a width, the time, and if need be a zone or origin, a start "
                + $"and a finish");
        int ofBucket = inputs.Length is 3 or 5 ? 3 : 2;
        return new GapFilling(parser, inputs, ofBucket);
    }

    /// <summary>True if the expression calls a function that only makes sense while gaps are
    /// filled.</summary>
    public static bool IsFilling(JsonObject node) =>
        node.IsClass("FUNCTION") && FunctionNames.Filling.Contains(node.Text("function_name"));

    /// <summary>Throws what to do if such a call is left where nothing is filled.</summary>
    public static void RequireNone(JsonNode tree)
    {
        if (tree.Walk().FirstOrDefault(IsFilling) is { } left)
        {
            throw Wrong($"{left.Text("function_name")} needs a SELECT over one table with GROUP BY {Function}"
                + "(width, time), without COLLATE in keys and aggregates; locf also takes OVER (ORDER BY "
                + "time)");
        }
    }

    /// <summary>
    /// The relation of groups with its gaps filled: the same columns, those of aggregates NULL in new rows.
    /// </summary>
    public string Fill(ISqlParser parser, string merged, AggregateShape shape, int key, JsonObject? having)
    {
        string name = AggregateShape.KeyName(key);
        string[] others = [.. shape.KeyNames.Where(other => other != name)];
        TimeRange range = ScopeFinder.Find(
            ScopeFinder.Conjuncts(shape.Where),
            (e, column) => shape.ColumnOf(e) == column, null).Range;
        string start = Start is not null ? $"CAST({parser.PrintExpression(Start)} AS TIMESTAMP_NS)"
            : range.StartNanoseconds > long.MinValue ? Moment(range.StartNanoseconds)
            : $"(SELECT min({name}) FROM __ts_groups)";
        string finish = Finish is not null ? $"CAST({parser.PrintExpression(Finish)} AS TIMESTAMP_NS)"
            : range.EndNanoseconds < long.MaxValue ? Moment(range.EndNanoseconds)
            : $"(SELECT max({name}) + INTERVAL '1 microsecond' FROM __ts_groups)";

        // Steps are whole microseconds: where buckets begin between two, the first step is one too early.
        // In a zone a bucket can be an hour shorter: steps of half a width hit it, too.
        // As a table they come one after the other, so that the statement can be stopped; one past the end of
        // time stands for that end.
        string steps = $"SELECT CAST(least(__ts_step, {LastStep}) AS TIMESTAMP_NS) AS {Bucket}, __ts_from, "
            + "__ts_to "
            + $"FROM (SELECT {start} AS __ts_from, {finish} AS __ts_to, {CountOf(others)} AS __ts_count) "
            + $"AS __ts_bounds, range(CAST({_bucketOf("__ts_from")} AS TIMESTAMP), "
            + $"CAST({Bounded("__ts_to")} AS TIMESTAMP) + {_width}, {_step}) AS __ts_steps(__ts_step)";
        string grid = $"SELECT DISTINCT {_bucketOf(Bucket)} AS {Bucket} FROM ({steps}) "
            + $"WHERE {_bucketOf(Bucket)} < __ts_to AND {_bucketOf(Bucket)} >= {_bucketOf("__ts_from")}";
        string rows = others.Length == 0 ? $"({grid}) AS __ts_grid"
            : $"(SELECT DISTINCT {SqlList.Of(others)} FROM __ts_groups) AS __ts_others CROSS JOIN "
                + $"({grid}) AS __ts_grid";
        IEnumerable<string> on = others.Select(other => $"g.{other} IS NOT DISTINCT FROM __ts_others.{other}")
            .Prepend($"g.{name} = __ts_grid.{Bucket}");
        IEnumerable<string> columns = others.Select(other => $"__ts_others.{other}")
            .Prepend($"__ts_grid.{Bucket} AS {name}")
            .Concat(shape.Groupings.Select(
                (_, i) => $"CAST(0 AS BIGINT) AS {AggregateShape.GroupingName(i)}"))
            .Concat(shape.Calls.Select((_, i) => $"g.{AggregateShape.ValueName(i)}"));
        string where = having is null ? "" : $" WHERE {parser.PrintExpression(having)}";
        return $"WITH __ts_groups AS MATERIALIZED (SELECT * FROM ({merged}) AS __ts_all{where}) "
            + $"SELECT {SqlList.Of(columns)} FROM {rows} LEFT JOIN __ts_groups AS g ON "
                + $"{string.Join(" AND ", on)}";
    }

    /// <summary>A call of locf or interpolate over the columns of the filled relation.</summary>
    public static JsonObject Filled(ISqlParser parser, JsonObject call, AggregateShape shape, int key)
    {
        if (call.Objects("children") is not [var child])
            throw Wrong($"{call.Text("function_name")} takes one value");
        string name = AggregateShape.KeyName(key);
        string x = $"({parser.PrintExpression(child)})";
        string others = SqlList.Of(shape.KeyNames.Where(other => other != name));
        string window = $"{(others.Length == 0 ? "" : $"PARTITION BY {others} ")}ORDER BY {name} ROWS "
            + $"BETWEEN ";
        const string Before = "UNBOUNDED PRECEDING AND CURRENT ROW";
        const string After = "CURRENT ROW AND UNBOUNDED FOLLOWING";
        string Value(string of, bool isBefore) => isBefore
            ? $"last_value({of} IGNORE NULLS) OVER ({window}{Before})"
            : $"first_value({of} IGNORE NULLS) OVER ({window}{After})";
        string Time(bool isBefore) => Value($"CASE WHEN {x} IS NOT NULL THEN epoch_ns({name}) END", isBefore);
        string text = call.Text("function_name") == "locf"
            ? Value(x, isBefore: true)
            : $"CASE WHEN {x} IS NOT NULL THEN {x} ELSE {Value(x, true)} + ({Value(x, false)} - "
                + $"{Value(x, true)}) "
                + $"* ((epoch_ns({name}) - {Time(true)}) / CAST({Time(false)} - {Time(true)} AS DOUBLE)) END";
        JsonObject filled =
            parser.Parse($"SELECT {text}").Objects("statements")[0].Object("node").Objects(
                "select_list")[0].Copy();
        filled["alias"] = call.Text("alias");
        return filled;
    }

    private static string CountOf(string[] others) => others.Length == 0
        ? "1" : $"(SELECT count(*) FROM (SELECT DISTINCT {SqlList.Of(others)} FROM __ts_groups))";

    // The end of the range, once it is known that there is room for its rows: asked before any is made. A
    // month of a width counts as 30 days.
    private string Bounded(string end)
    {
        string buckets = $"floor((epoch(__ts_to) - epoch(__ts_from)) / epoch({_width}))";
        string what = $"'the range has ' || CAST(CAST({buckets} AS DECIMAL(38, 0)) AS VARCHAR) "
            + $"|| ' buckets of ' || CAST({_width} AS VARCHAR)";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"CASE WHEN epoch({_width}) <= 0 THEN {end} WHEN {buckets} > {BucketsMax} THEN error({what} "
            + $"|| ', more than {BucketsMax}{TooMany}') WHEN {buckets} * __ts_count > {RowsMax} THEN "
            + $"error({what} || ' for each of ' || __ts_count || ' groups, more than {RowsMax} rows"
            + $"{TooMany}') ELSE {end} END");
    }

    private static string Moment(long nanoseconds) =>
        string.Create(CultureInfo.InvariantCulture, $"make_timestamp_ns({nanoseconds})");

    private static TsDbException Wrong(string why) => new(ErrorKind.Invalid, why);
}
