namespace TsDb.Adapters.DuckDb;

/// <summary>
/// Functions of ours in every database, written as macros. All times here are UTC without a zone, so that
/// they compare with <c>time</c>: DuckDB refuses to compare its own <c>now()</c>, which has a zone, with
/// TIMESTAMP_NS.
/// </summary>
internal static class SqlMacros
{
    /// <summary>
    /// Their definitions; <c>date_bin</c> is the field's other name of time_bucket. Those that fill gaps
    /// only give the planner the names and types of columns: it takes their place.
    /// </summary>
    public const string Text = """
        CREATE MACRO now() AS CAST(timezone('UTC', transaction_timestamp()) AS TIMESTAMP_NS);
        CREATE MACRO get_current_timestamp() AS
            CAST(timezone('UTC', transaction_timestamp()) AS TIMESTAMP_NS);
        CREATE MACRO date_bin(width, moment) AS time_bucket(width, moment),
            (width, moment, origin) AS time_bucket(width, moment, origin);
        CREATE MACRO time_bucket_gapfill(width, moment) AS time_bucket(width, moment),
            (width, moment, origin) AS time_bucket(width, moment),
            (width, moment, start, finish) AS time_bucket(width, moment),
            (width, moment, origin, start, finish) AS time_bucket(width, moment);
        CREATE MACRO locf(value) AS value;
        CREATE MACRO interpolate(value) AS value;
        """;
}
