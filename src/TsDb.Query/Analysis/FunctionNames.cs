namespace TsDb.Query.Analysis;

/// <summary>What must be known of the engine's functions by name. A test holds the lists against the engine's
/// own.</summary>
internal static class FunctionNames
{
    /// <summary>Every function that makes one value of many rows, in DuckDB 1.5, macros too; and
    /// unnest.</summary>
    public static readonly IReadOnlySet<string> Aggregates = Set(
        "any_value approx_count_distinct approx_quantile approx_top_k arbitrary arg_max",
        "arg_max_null arg_max_nulls_last arg_min arg_min_null arg_min_nulls_last argmax argmin",
        "array_agg avg bit_and bit_or bit_xor bitstring_agg bool_and bool_or corr count count_if",
        "count_star countif covar_pop covar_samp cume_dist dense_rank entropy favg fill first",
        "first_value fsum group_concat histogram histogram_exact kahan_sum kurtosis kurtosis_pop",
        "lag last last_value lead list listagg mad max max_by mean median min min_by mode nth_value",
        "ntile percent_rank product quantile quantile_cont quantile_disc rank rank_dense regr_avgx",
        "regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy",
        "reservoir_quantile row_number sem skewness stddev stddev_pop stddev_samp string_agg sum",
        "sum_no_overflow sumkahan var_pop var_samp variance geomean geometric_mean json_group_array",
        "json_group_object json_group_structure wavg weighted_avg unnest");

    /// <summary>Aggregates of ours, by the names that the engine knows; ORDER BY inside them is
    /// refused.</summary>
    public static readonly IReadOnlySet<string> Own = Set(
        "lttb tsdb_curve tsdb_curve_merge tsdb_curve_state tsdb_distinct tsdb_distinct_merge",
        "tsdb_distinct_state tsdb_quantile tsdb_quantile_merge tsdb_quantile_state");

    /// <summary>Functions of ours that look at many rows and are written anew in what the engine knows once
    /// their table is known; until then they stand in the tree under these names.</summary>
    public static readonly IReadOnlySet<string> Series = Set(
        "approx_count_distinct approx_quantile delta derivative histogram increase integral moving_avg rate",
        "spread time_weighted_avg");

    /// <summary>Functions that fill the gaps of a GROUP BY time_bucket_gapfill.</summary>
    public static readonly IReadOnlySet<string> Filling = Set("time_bucket_gapfill locf interpolate");

    /// <summary>Functions whose answer is not given by their arguments alone.</summary>
    public static readonly IReadOnlySet<string> Volatile = Set(
        "ago current_catalog current_connection_id current_database current_date current_query",
        "current_query_id current_role current_schema current_schemas current_transaction_id",
        "current_user currval error gen_random_uuid get_current_time get_current_timestamp",
        "getvariable in_search_path nextval now pg_sleep random session_user setseed sleep_ms stats",
        "today transaction_timestamp txid_current user uuid uuidv4 uuidv7 write_log");

    /// <summary>Functions and words that mean the moment of the query.</summary>
    public static readonly IReadOnlySet<string> Now = Set(
        "now current_timestamp get_current_timestamp transaction_timestamp localtimestamp");

    /// <summary>Functions and words that mean the day of the query.</summary>
    public static readonly IReadOnlySet<string> Today = Set("today current_date");

    /// <summary>True if the value of such a call is not made of one row alone, whoever knows the
    /// function.</summary>
    public static bool IsOfManyRows(string function) => Aggregates.Contains(function)
        || Own.Contains(function) || Series.Contains(function) || Filling.Contains(function);

    private static HashSet<string> Set(params string[] lines) =>
        new(lines.SelectMany(line => line.Split(' ')), StringComparer.OrdinalIgnoreCase);
}
