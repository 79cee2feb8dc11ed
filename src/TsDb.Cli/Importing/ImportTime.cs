using System.Globalization;
using TsDb.Codec.Json;

namespace TsDb.Cli.Importing;

/// <summary>The times that files hold.</summary>
internal static class ImportTime
{
    private const int DateLength = 10;
    private const int MinuteLength = 16;

    /// <summary>
    /// Nanoseconds since the Unix epoch of a whole number of <paramref name="unitNanoseconds"/>, or of an RFC
    /// 3339 time; without a zone it is UTC, without a clock it is midnight. False for anything else and for
    /// what 64 bits do not hold.
    /// </summary>
    public static bool TryParse(string text, long unitNanoseconds, out long nanoseconds)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            Int128 scaled = (Int128)number * unitNanoseconds;
            nanoseconds = unchecked((long)scaled);
            return scaled == nanoseconds;
        }

        if (Rfc3339.TryParse(text, out nanoseconds)) return true;
        return text.Length switch
        {
            DateLength => Rfc3339.TryParse(text + "T00:00:00Z", out nanoseconds),
            MinuteLength => Rfc3339.TryParse(text + ":00Z", out nanoseconds),
            _ => Rfc3339.TryParse(text + "Z", out nanoseconds),
        };
    }
}
