using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TsDb.Query.Analysis;

namespace TsDb.Query.Planning;

/// <summary>
/// Buckets of the time that the clocks of a zone show, written in SQL: each begins at the first moment, in
/// UTC, when the clocks read its start. DuckDB's own buckets of hours with a zone are counted in UTC. DuckDB
/// knows zones to the microsecond only.
/// </summary>
internal static partial class ZoneBuckets
{
    // By how much clocks are set back; the hours of some zones are set by half of one or by two.
    private static readonly string[] Shifts = ["2 hours", "1 hour", "30 minutes"];

    /// <summary>The start of a bucket as a TIMESTAMP_NS.</summary>
    /// <param name="given">The width as it is written.</param>
    /// <param name="width">The text of the width.</param>
    /// <param name="time">The text of the time.</param>
    /// <param name="zone">The text of the zone.</param>
    public static string Text(JsonObject given, string width, string time, string zone)
    {
        string moment = $"CAST(time_bucket(INTERVAL '1 microsecond', CAST({time} AS TIMESTAMP_NS)) AS "
            + "TIMESTAMP)";
        if (IsOfDays(given))
        {
            return $"CAST(timezone('UTC', time_bucket({width}, timezone('UTC', {moment}), {zone})) AS "
                + "TIMESTAMP_NS)";
        }

        string Shown(string utc) => $"timezone({zone}, timezone('UTC', {utc}))";
        string start = $"CAST(tsdb_local_bucket({width}, CAST({Shown(moment)} AS TIMESTAMP_NS)) AS "
            + "TIMESTAMP)";

        // Up to an hour buckets go on in UTC; nearly always longer ones do, too.
        string past = $"({moment} - ({Shown(moment)} - {start}))";
        string usual = $"{width} <= INTERVAL '1 hour' OR ({Shown(past)} = {start} AND "
            + $"{Shown($"{past} - INTERVAL '2 hours'")} = {start} - INTERVAL '2 hours')";

        // A start that the clocks read twice is meant the first time; one that they skip is when they do.
        string last = $"timezone('UTC', timezone({zone}, {start}))";
        IEnumerable<string> earlier = Shifts.Select(shift => $"{last} - INTERVAL '{shift}'")
            .Select(first => $"WHEN {Shown(first)} = {start} THEN {first}");
        return $"CAST(CASE WHEN {usual} THEN {past} {string.Join(' ', earlier)} ELSE {last} END AS "
            + "TIMESTAMP_NS)";
    }

    // DuckDB's own are right for these, and faster.
    private static bool IsOfDays(JsonObject width) => width.IsClass("CAST")
        ? DaysText().IsMatch(width.Object("child").Object("value").Text("value"))
        : width.Text("function_name") is
            "to_days" or "to_weeks" or "to_months" or "to_quarters" or "to_years";

    [GeneratedRegex(@"^\s*\d+\s*(day|week|month|quarter|year)s?\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex DaysText();
}
