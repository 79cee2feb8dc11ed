namespace TsDb.Query.Planning;

/// <summary>
/// Variances, covariances, correlation and regression: means and sums of squares about them, merged by Chan,
/// Golub and LeVeque (1983).
/// </summary>
internal static class MomentRecipes
{
    private static readonly HashSet<string> OfPairs = new(StringComparer.Ordinal)
    {
        "corr", "covar_pop", "covar_samp", "regr_avgx", "regr_avgy", "regr_count", "regr_intercept",
            "regr_r2",
        "regr_slope", "regr_sxx", "regr_sxy", "regr_syy",
    };

    /// <summary>True if the function is of two numbers a row.</summary>
    public static bool IsOfPairs(string function) => OfPairs.Contains(function);

    /// <summary>var_pop, var_samp, stddev_pop, stddev_samp or sem of a DOUBLE.</summary>
    public static AggregateRecipe OfOne(string function, string prefix, string x, string filter)
    {
        string n = $"{prefix}n";
        string divisor = function.EndsWith("_samp", StringComparison.Ordinal) ? $"({n} - 1)" : n;
        string value = $"{prefix}q / {divisor}";
        if (!function.StartsWith("var", StringComparison.Ordinal)) value = $"sqrt({value})";
        if (function == "sem") value = $"{value} / sqrt({n})";
        return new AggregateRecipe
        {
            Columns =
            [
                Count(n, $"count({x}){filter}"),
                Mean($"{prefix}u", x, filter),
                Squares($"{prefix}q", n, $"{prefix}u", $"{prefix}u",
                    $"var_pop({x}){filter} * count({x}){filter}"),
            ],
            Prepared = [All(n, $"{prefix}u")],
            Finish = $"CASE WHEN {divisor} > 0 THEN {value} END",
        };
    }

    /// <summary>A function of two DOUBLEs, as its arguments are written: the dependent one first.</summary>
    public static AggregateRecipe Of(string function, string prefix, string y, string x, string? condition)
    {
        string filter = $" FILTER (WHERE {x} IS NOT NULL AND {y} IS NOT NULL"
            + (condition is null ? ")" : $" AND {condition})");
        (string n, string u, string v) = ($"{prefix}n", $"{prefix}u", $"{prefix}v");
        (string xx, string yy, string xy) = ($"{prefix}p", $"{prefix}q", $"{prefix}c");
        string count = $"count(*){filter}";
        string of = function switch
        {
            "regr_count" => $"CAST({n} AS UINTEGER)",
            "covar_pop" => $"{xy} / {n}",
            "covar_samp" => $"CASE WHEN {n} > 1 THEN {xy} / ({n} - 1) END",
            "corr" => $"{xy} / (sqrt({xx}) * sqrt({yy}))",
            "regr_avgx" => u,
            "regr_avgy" => v,
            "regr_sxx" => xx,
            "regr_syy" => yy,
            "regr_sxy" => xy,
            "regr_slope" => $"{xy} / {xx}",
            "regr_intercept" => $"CASE WHEN {xx} > 0 THEN {v} - {xy} / {xx} * {u} END",
            _ => $"CASE WHEN {xx} = 0 THEN NULL WHEN {yy} = 0 THEN 1 ELSE {xy} * {xy} / ({xx} * {yy}) END",
        };
        return new AggregateRecipe
        {
            Columns =
            [
                Count(n, count),
                Mean(u, x, filter),
                Mean(v, y, filter),
                Squares(xx, n, u, u, $"var_pop({x}){filter} * {count}"),
                Squares(yy, n, v, v, $"var_pop({y}){filter} * {count}"),
                Squares(xy, n, u, v, $"covar_pop({y}, {x}){filter} * {count}"),
            ],
            Prepared = [All(n, u), All(n, v)],
            Finish = function == "regr_count" ? $"coalesce({of}, 0)" : $"CASE WHEN {n} > 0 THEN {of} END",
        };
    }

    private static PartialColumn Count(string name, string fromRows) =>
        new(name, fromRows, $"CAST(sum({name}) AS BIGINT)");

    // Of equal values the mean is that value, whatever rounding a sum of them suffers: no variance comes of
    // nothing.
    private static PartialColumn Mean(string name, string x, string filter) => new(
        name,
        $"CASE WHEN min({x}){filter} = max({x}){filter} THEN min({x}){filter} ELSE avg({x}){filter} END",
        $"max({name}_all)");

    // Within the parts, plus what each part's means are off the common ones.
    private static PartialColumn Squares(string name, string n, string mean, string other, string fromRows) =>
        new(name, fromRows, $"fsum({name} + {n} * ({mean} - {mean}_all) * ({other} - {other}_all))");

    private static (string Name, string Sql) All(string n, string mean) => (
        $"{mean}_all",
        $"CASE WHEN min({mean}) OVER {{0}} = max({mean}) OVER {{0}} THEN min({mean}) OVER {{0}} "
        + $"ELSE fsum({n} * {mean}) OVER {{0}} / sum({n}) OVER {{0}} END");
}
