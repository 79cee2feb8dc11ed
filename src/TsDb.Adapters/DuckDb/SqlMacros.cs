namespace TsDb.Adapters.DuckDb;

/// <summary>
/// Functions of ours in every database, written as macros. All times here are UTC without a zone, so that
/// they compare with <c>time</c>: DuckDB refuses to compare its own <c>now()</c>, which has a zone, with
/// TIMESTAMP_NS.
/// </summary>
internal static class SqlMacros
{
    private const int FormatValuesMax = 20;

    /// <summary>
    /// Their definitions; <c>date_bin</c> is the field's other name of time_bucket. Those that fill gaps
    /// only give the planner the names and types of columns: it takes their place.
    /// </summary>
    public static string Text { get; } = Own + Sized + Formats("format") + Formats("printf")
        + Distance("levenshtein") + Distance("editdist3") + Distance("damerau_levenshtein");

    private const string Own = """
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

    // The engine's functions that make as much as a number says, with that number looked at first. A list
    // counts as its text, eightfold: no element takes more.
    private const string Sized = """

        CREATE MACRO repeat(value, n) AS system.main.repeat(value, tsdb_sized(
            CASE WHEN typeof(value) = 'VARCHAR' THEN 1 ELSE 8 END * strlen(CAST(value AS VARCHAR)), n));
        CREATE MACRO lpad(value, n, fill) AS
            system.main.lpad(value, CAST(tsdb_sized(1, n) AS INTEGER), fill);
        CREATE MACRO rpad(value, n, fill) AS
            system.main.rpad(value, CAST(tsdb_sized(1, n) AS INTEGER), fill);
        CREATE MACRO bitstring(value, n) AS
            system.main.bitstring(value, CAST(tsdb_sized(1, n) AS INTEGER));
        CREATE MACRO range(stop) AS system.main.range(tsdb_sized(8, stop)),
            (start, stop) AS system.main.range(start, tsdb_steps(start, stop, 1)),
            (start, stop, step) AS system.main.range(start, tsdb_steps(start, stop, step), step);
        CREATE MACRO generate_series(stop) AS system.main.generate_series(tsdb_sized(8, stop)),
            (start, stop) AS system.main.generate_series(start, tsdb_steps(start, stop, 1)),
            (start, stop, step) AS
                system.main.generate_series(start, tsdb_steps(start, stop, step), step);
        CREATE MACRO list_resize(list, n) AS
            system.main.list_resize(list, tsdb_sized(16, CAST(n AS BIGINT))),
            (list, n, fill) AS system.main.list_resize(list, tsdb_sized(
                16 + 8 * coalesce(strlen(CAST(fill AS VARCHAR)), 0), CAST(n AS BIGINT)), fill);
        CREATE MACRO array_resize(list, n) AS
            system.main.array_resize(list, tsdb_sized(16, CAST(n AS BIGINT))),
            (list, n, fill) AS system.main.array_resize(list, tsdb_sized(
                16 + 8 * coalesce(strlen(CAST(fill AS VARCHAR)), 0), CAST(n AS BIGINT)), fill);
        CREATE MACRO equi_width_bins(low, high, n, nice) AS
            system.main.equi_width_bins(low, high, tsdb_sized(8, n), nice);
        """;

    // They compare every character of the one text with every one of the other.
    private static string Distance(string function) => $"""

        CREATE MACRO {function}(one, other) AS system.main.{function}(one, CASE WHEN tsdb_sized(
            strlen(CAST(one AS VARCHAR)), strlen(CAST(other AS VARCHAR))) IS NOT NULL THEN other END);
        """;

    private static string Formats(string function)
    {
        IEnumerable<string> overloads = Enumerable.Range(0, FormatValuesMax + 1).Select(count =>
        {
            string values = string.Concat(Enumerable.Range(1, count).Select(i => $", v{i}"));
            return $"(template{values}) AS system.main.{function}(tsdb_{function}(template){values})";
        });
        return $"\nCREATE MACRO {function}{string.Join(",\n", overloads)};";
    }
}
