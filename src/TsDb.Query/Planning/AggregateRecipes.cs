using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Query.Analysis;

namespace TsDb.Query.Planning;

/// <summary>
/// The classes of DESIGN section 8 that merge by plain columns: distributive (count, sum, min, max, ordered
/// by time,
/// and/or) and algebraic (avg; <see cref="MomentRecipes"/>). Sums of doubles are compensated (Kahan-Babuska).
/// </summary>
internal static class AggregateRecipes
{
    /// <summary>Name of the column that holds a row's time, where series are told apart.</summary>
    public const string Time = "__ts_tm";

    /// <summary>Name of the column that orders series: edge, then tags by name.</summary>
    public const string Series = "__ts_sr";

    /// <summary>
    /// The recipe, or null if the aggregate must see all rows at one place.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="prefix">Starts the name of each of its columns.</param>
    /// <param name="arguments">Names of the columns that hold its arguments.</param>
    /// <param name="types">The engine's types of the arguments.</param>
    /// <param name="condition">Name of the column that holds the FILTER condition, or null.</param>
    public static AggregateRecipe? Create(
        AggregateCall call,
        string prefix,
        IReadOnlyList<string> arguments,
        IReadOnlyList<string> types,
        string? condition)
    {
        if (call.NeedsRows) return null;
        string filter = condition is null ? "" : $" FILTER (WHERE {condition})";
        string x = arguments.Count > 0 ? arguments[0] : "";
        string type = types.Count > 0 ? types[0] : "";
        return (call.Function, arguments.Count) switch
        {
            ("count_star", 0) => Count(prefix, $"count(*){filter}"),
            ("count", 1) => Count(prefix, $"count({x}){filter}"),
            ("count_if", 1) when type == "BOOLEAN" =>
                Integers(prefix, $"sum(CASE WHEN {x} THEN 1 WHEN NOT {x} THEN 0 END){filter}"),
            ("sum", 1) => Sum(prefix, x, type, filter),
            ("avg", 1) => Average(prefix, x, type, filter),
            ("min" or "max" or "any_value", 1) when WireTypes.CanTravel(type) => Same(call.Function),
            ("bool_and" or "bool_or", 1) when type == "BOOLEAN" => Same(call.Function),
            ("bit_and" or "bit_or" or "bit_xor", 1) when WireTypes.IsInteger(type) && type != "BOOLEAN" =>
                Same(call.Function),
            ("product", 1) when WireTypes.IsNumber(type) => Same("product", "DOUBLE"),
            ("var_samp" or "var_pop" or "stddev_samp" or "stddev_pop" or "sem", 1) when WireTypes.IsNumber(
                type) =>
                MomentRecipes.OfOne(call.Function, prefix, $"CAST({x} AS DOUBLE)", filter),
            (_, 2) when MomentRecipes.IsOfPairs(call.Function) && types.All(WireTypes.IsNumber) =>
                MomentRecipes.Of(
                    call.Function, prefix, $"CAST({x} AS DOUBLE)", $"CAST({arguments[1]} AS DOUBLE)",
                        condition),
            ("tsdb_distinct", 1) => Sketch("tsdb_distinct", prefix, x, filter, ""),
            ("tsdb_quantile", 2) when Constant(call, 1) is { } share =>
                Sketch("tsdb_quantile", prefix, x, filter, $", {share}"),

            // Of a time that is not the table's, points of one moment lie anywhere: they travel.
            ("tsdb_curve", 4) when Constant(call, 3) is { } question
                && !call.Arguments[2].IsClass("CONSTANT") => Sketch(
                "tsdb_curve", prefix, $"{x}, {arguments[1]}, {arguments[2]}", filter, $", {question}"),
            ("first" or "last", 1) => Ordered(call.Function == "first", prefix, arguments, types, condition),
            ("arg_min" or "arg_max", 2) =>
                Ordered(call.Function == "arg_min", prefix, arguments, types, condition),
            _ => null,
        };

        AggregateRecipe Same(string function, string? result = null)
        {
            string name = $"{prefix}m";
            string of = result ?? type;
            return One(
                new PartialColumn(
                    name, WireTypes.ToWire(of, $"{function}({x}){filter}"), $"{function}({name})"),
                WireTypes.FromWire(of, name));
        }
    }

    private static AggregateRecipe One(PartialColumn column, string finish) =>
        new() { Columns = [column], Finish = finish };

    // A sketch or a summary travels; merged, it gives the answer.
    private static AggregateRecipe Sketch(
        string function, string prefix, string inputs, string filter, string question)
    {
        string name = $"{prefix}b";
        return One(
            new PartialColumn(
                name, $"{function}_state({inputs}){filter}", $"{function}_merge({name}{question})"),
            function == "tsdb_distinct" ? $"coalesce({name}, 0)" : name);
    }

    private static string? Constant(AggregateCall call, int argument) =>
        call.Arguments[argument].IsClass("CONSTANT")
            && call.Arguments[argument].Object("value")?["value"] is JsonValue value
            ? Number(call.Arguments[argument].Object("value")!, value)
            : null;

    private static string? Number(JsonObject constant, JsonValue value)
    {
        if (!value.TryGetValue(out double number)) return null;
        JsonObject? type = constant.Object("type");
        if (type.Text("id") == "DECIMAL" && type.Object("type_info")?["scale"] is { } scale)
            number /= Math.Pow(10, (int)scale);
        return number.ToString("R", CultureInfo.InvariantCulture);
    }

    private static AggregateRecipe Count(string prefix, string fromRows)
    {
        string n = $"{prefix}n";
        return One(CountColumn(n, fromRows), $"coalesce({n}, 0)");
    }

    private static PartialColumn CountColumn(string name, string fromRows) =>
        new(name, fromRows, $"CAST(sum({name}) AS BIGINT)");

    private static AggregateRecipe? Sum(string prefix, string x, string type, string filter)
    {
        if (WireTypes.IsInteger(type)) return Integers(prefix, $"sum({x}){filter}");
        if (WireTypes.IsFloat(type)) return One(Floats(prefix, x, filter), $"{prefix}s");
        if (!WireTypes.IsDecimal(type)) return null;
        return One(Decimals(prefix, x, filter), $"{prefix}s");
    }

    private static AggregateRecipe Integers(string prefix, string sum) =>
        One(IntegersColumn(prefix, sum), $"CAST({prefix}s AS HUGEINT)");

    private static PartialColumn IntegersColumn(string prefix, string sum) => new(
        $"{prefix}s", $"CAST({sum} AS {WireTypes.WideInteger})",
            $"CAST(sum({prefix}s) AS {WireTypes.WideInteger})");

    private static PartialColumn Decimals(string prefix, string x, string filter) =>
        new($"{prefix}s", $"sum({x}){filter}", $"sum({prefix}s)");

    // Compensation makes NaN of infinities, so the plain sum answers where the compensated one is not finite.
    private static PartialColumn Floats(string prefix, string x, string filter)
    {
        static string Compensated(string value, string filter) =>
            $"CASE WHEN isfinite(fsum({value}){filter}) THEN fsum({value}){filter} ELSE "
                + $"sum({value}){filter} END";
        return new PartialColumn(
            $"{prefix}s", Compensated($"CAST({x} AS DOUBLE)", filter), Compensated($"{prefix}s", ""));
    }

    private static AggregateRecipe? Average(string prefix, string x, string type, string filter)
    {
        if (!WireTypes.IsNumber(type)) return null;
        PartialColumn sum = WireTypes.IsFloat(type) ? Floats(prefix, x, filter)
            : WireTypes.IsDecimal(type) ? Decimals(prefix, x, filter)
            : IntegersColumn(prefix, $"sum({x}){filter}");
        return new AggregateRecipe
        {
            Columns = [sum, CountColumn($"{prefix}n", $"count({x}){filter}")],
            Finish = $"CASE WHEN {prefix}n > 0 THEN CAST({prefix}s AS DOUBLE) / {prefix}n END",
        };
    }

    // Nulls are skipped; equal times are decided by (edge, tag set, value), the same way round as the times.
    private static AggregateRecipe? Ordered(
        bool isLeast,
        string prefix,
        IReadOnlyList<string> arguments,
        IReadOnlyList<string> types,
        string? condition)
    {
        if (!types.All(WireTypes.CanTravel)) return null;
        (string v, string t, string s, string o) = ($"{prefix}v", $"{prefix}t", $"{prefix}s", $"{prefix}o");
        (string best, string bestOf) = isLeast ? ("min", "arg_min") : ("max", "arg_max");
        string x = arguments[0];
        bool isByTime = arguments.Count == 1 || arguments[1] == Time;
        string y = isByTime ? Time : WireTypes.ToWire(types[1], arguments[1]);
        string place = isByTime ? t : o;
        string given = $"{x} IS NOT NULL AND {y} IS NOT NULL"
            + (condition is null ? "" : $" AND {condition}");
        string winners = $"{y} = {place} AND {given}";

        // In a group only rows of different series can share a time, but any can share another value.
        string rankOfRows = isByTime ? $"row({Series}, {x})" : $"row({Time}, {Series}, {x})";
        string rankOfStates = isByTime ? $"row({t}, {s}, {v})" : $"row({o}, {t}, {s}, {v})";
        string has = $" FILTER (WHERE {v} IS NOT NULL)";
        List<PartialColumn> columns =
        [
            new(place, $"{best}({y}) FILTER (WHERE {given})", $"{best}({place}){has}"),
            Picked(v, WireTypes.ToWire(types[0], x)),
            Picked(s, Series),
        ];
        if (!isByTime) columns.Add(Picked(t, Time));
        return new AggregateRecipe
        {
            Columns = [.. columns],
            Finish = WireTypes.FromWire(types[0], v),
            Winners = winners,
        };

        PartialColumn Picked(string column, string value) => new(
            column,
            $"{bestOf}({value}, {rankOfRows}) FILTER (WHERE {winners})",
            $"{bestOf}({column}, {rankOfStates}){has}",
            IsOfWinners: true);
    }
}
