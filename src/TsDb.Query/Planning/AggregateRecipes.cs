namespace TsDb.Query.Planning;

/// <summary>
/// The classes of DESIGN section 8 that merge by plain columns: distributive (count, sum, min, max, ordered
/// by time,
/// and/or) and algebraic (avg, variance). Sums of doubles are compensated (Kahan-Babuska); variances merge by
/// Chan,
/// Golub and LeVeque (1983).
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
        string filter = condition is null ? "" : $" FILTER (WHERE {condition})";
        string x = arguments.Count > 0 ? arguments[0] : "";
        string type = types.Count > 0 ? types[0] : "";
        return (call.Function, arguments.Count) switch
        {
            ("count_star", 0) => Count(prefix, $"count(*){filter}"),
            ("count", 1) => Count(prefix, $"count({x}){filter}"),
            ("count_if", 1) when type == "BOOLEAN" =>
                Integers(prefix, $"sum(CASE WHEN {x} THEN 1 ELSE 0 END){filter}"),
            ("sum", 1) => Sum(prefix, x, type, filter),
            ("avg", 1) => Average(prefix, x, type, filter),
            ("min" or "max" or "any_value", 1) when WireTypes.CanTravel(type) => Same(call.Function),
            ("bool_and" or "bool_or", 1) when type == "BOOLEAN" => Same(call.Function),
            ("bit_and" or "bit_or" or "bit_xor", 1) when WireTypes.IsInteger(type) && type != "BOOLEAN" =>
                Same(call.Function),
            ("product", 1) when WireTypes.IsNumber(type) => Same("product", "DOUBLE"),
            ("var_samp" or "var_pop" or "stddev_samp" or "stddev_pop", 1) when WireTypes.IsNumber(type) =>
                Variance(call.Function, prefix, $"CAST({x} AS DOUBLE)", filter),
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

    // Sum of the squares within the parts, plus the squares of what each part's mean is off the common mean.
    private static AggregateRecipe Variance(string function, string prefix, string x, string filter)
    {
        (string n, string mean, string m2, string all) =
            ($"{prefix}n", $"{prefix}u", $"{prefix}q", $"{prefix}g");
        string divisor = function.EndsWith("_pop", StringComparison.Ordinal) ? n : $"({n} - 1)";
        string value = $"{m2} / {divisor}";
        if (function.StartsWith("stddev", StringComparison.Ordinal)) value = $"sqrt({value})";
        return new AggregateRecipe
        {
            Columns =
            [
                CountColumn(n, $"count({x}){filter}"),
                new PartialColumn(mean, $"avg({x}){filter}", $"max({all})"),
                new PartialColumn(
                    m2,
                    $"var_pop({x}){filter} * count({x}){filter}",
                    $"fsum({m2} + {n} * ({mean} - {all}) * ({mean} - {all}))"),
            ],
            Prepared = [(all, $"fsum({n} * {mean}) OVER {{0}} / sum({n}) OVER {{0}}")],
            Finish = $"CASE WHEN {divisor} > 0 THEN {value} END",
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
