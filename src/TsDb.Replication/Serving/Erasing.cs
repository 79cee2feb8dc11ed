using System.Globalization;
using TsDb.Model;

namespace TsDb.Replication.Serving;

/// <summary>How nodes and edges wait for tombstones that a question knows and they do not.</summary>
internal static class Erasing
{
    // Far more than the news takes on its way, and less than questions wait, so that another can be asked.
    private static readonly TimeSpan HearWithin = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Returns once the changes up to a number are known. Throws <see cref="ErrorKind.Unavailable"/> if they
    /// are not after a while.
    /// </summary>
    public static async Task HearAsync(
        string who, Func<long> known, long number, TimeProvider clock, CancellationToken ct)
    {
        long start = clock.GetTimestamp();
        while (known() < number)
        {
            if (clock.GetElapsedTime(start) > HearWithin)
            {
                throw new TsDbException(ErrorKind.Unavailable, string.Create(
                    CultureInfo.InvariantCulture,
                    $"{who} has heard of erasures up to {known()}, not of {number}, and does not answer"));
            }

            await Task.Delay(LookEvery, clock, ct);
        }
    }
}
