using System.Globalization;

namespace TsDb.Query.Direct;

/// <summary>Moments in the forms that the engine reads alike: a date, and a time of day with up to six digits
/// of a fraction (nine where the text is not said to be a TIMESTAMP).</summary>
internal static class MomentText
{
    private const int DateChars = 10;
    private const int SecondChars = 19;

    /// <summary>The moment in nanoseconds since the Unix epoch; false for any other form.</summary>
    public static bool TryParse(string text, bool isTyped, out long time)
    {
        time = 0;
        ReadOnlySpan<char> rest = text;
        if (rest.Length > SecondChars && rest[^1] == 'Z') rest = rest[..^1];
        ReadOnlySpan<char> fraction = [];
        if (rest.Length > SecondChars)
        {
            fraction = rest[(SecondChars + 1)..];
            if (rest[SecondChars] != '.' || fraction.Length > (isTyped ? 6 : 9) || fraction.IsEmpty
                || fraction.ContainsAnyExceptInRange('0', '9')) return false;
            rest = rest[..SecondChars];
        }

        string? form = rest.Length switch
        {
            DateChars => "yyyy-MM-dd",
            SecondChars when rest[DateChars] == 'T' => "yyyy-MM-ddTHH:mm:ss",
            SecondChars => "yyyy-MM-dd HH:mm:ss",
            _ => null,
        };
        if (form is null || !DateTime.TryParseExact(
            rest, form, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime second)) return false;

        // Some years that a text can name are beyond what nanoseconds reach.
        if (second.Year is < 1700 or > 2200) return false;
        long nanoseconds = 0;
        for (int i = 0; i < 9; i++)
            nanoseconds = nanoseconds * 10 + (i < fraction.Length ? fraction[i] - '0' : 0);
        time = (second - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick + nanoseconds;
        return true;
    }
}
