using System.Globalization;

namespace TsDb.Replication.Serving;

/// <summary>How nodes and edges wait for tombstones that a question knows and they do not.</summary>
internal static class Erasing
{
    /// <summary>
    /// Far more than the news takes on its way, and less than questions wait, so that another node can be
    /// asked instead.
    /// </summary>
    public static TimeSpan HearWithin { get; } = TimeSpan.FromSeconds(3);

    /// <summary>Why there is no answer.</summary>
    public static string Behind(string who, long known, long asked) => string.Create(
        CultureInfo.InvariantCulture,
        $"{who} has heard of erasures up to {known}, not of {asked}: it could answer with erased points");
}
