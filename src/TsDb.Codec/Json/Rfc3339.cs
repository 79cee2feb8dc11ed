using System.Globalization;

namespace TsDb.Codec.Json;

/// <summary>RFC 3339 times with up to nine digits behind the second.</summary>
public static class Rfc3339
{
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const int FractionDigitsMax = 9;
    private const int WholeSecondsLength = 19;

    /// <summary>
    /// Nanoseconds since the Unix epoch of a text such as 2016-01-01T00:00:00.123456789Z; false if it is no
    /// such text or beyond what 64 bits hold.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long nanoseconds)
    {
        nanoseconds = 0;
        if (text.Length <= WholeSecondsLength || text[10] is not ('T' or 't' or ' ')) return false;
        Span<char> whole = stackalloc char[WholeSecondsLength];
        text[..WholeSecondsLength].CopyTo(whole);
        whole[10] = 'T';
        bool isTime = DateTime.TryParseExact(
            whole,
            "yyyy-MM-dd'T'HH:mm:ss",
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out DateTime seconds);
        if (!isTime) return false;
        ReadOnlySpan<char> rest = text[WholeSecondsLength..];
        if (!TakeFraction(ref rest, out long fraction) || !TryReadZone(rest, out TimeSpan zone)) return false;
        Int128 value = ((Int128)((seconds - DateTime.UnixEpoch - zone).Ticks / TimeSpan.TicksPerSecond)
            * NanosecondsPerSecond) + fraction;
        if (value < long.MinValue || value > long.MaxValue) return false;
        nanoseconds = (long)value;
        return true;
    }

    private static bool TakeFraction(ref ReadOnlySpan<char> rest, out long nanoseconds)
    {
        nanoseconds = 0;
        if (rest[0] != '.') return true;
        rest = rest[1..];
        int digits = 0;
        for (; digits < rest.Length && char.IsAsciiDigit(rest[digits]); digits++)
        {
            if (digits == FractionDigitsMax) return false;
            nanoseconds = (nanoseconds * 10) + (rest[digits] - '0');
        }

        for (int missing = digits; missing < FractionDigitsMax; missing++) nanoseconds *= 10;
        rest = rest[digits..];
        return digits > 0;
    }

    private static bool TryReadZone(ReadOnlySpan<char> text, out TimeSpan zone)
    {
        zone = TimeSpan.Zero;
        if (text is "Z" or "z") return true;
        if (text.Length != 6 || text[0] is not ('+' or '-') || text[3] != ':') return false;
        bool isZone = TimeSpan.TryParseExact(text[1..], @"hh\:mm", CultureInfo.InvariantCulture, out zone);
        if (text[0] == '-') zone = -zone;
        return isZone;
    }
}
