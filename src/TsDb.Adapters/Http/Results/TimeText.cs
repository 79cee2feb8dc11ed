namespace TsDb.Adapters.Http.Results;

/// <summary>
/// Times as RFC 3339 text in UTC, of any year that SQL knows; fractions without trailing zeros. Dates go by
/// the algorithm days_to_civil (H. Hinnant, "chrono-compatible low-level date algorithms").
/// </summary>
internal static class TimeText
{
    private const int ClockBytes = 8;
    private const int DigitsMax = 9;

    /// <summary>2016-01-01</summary>
    public static void AppendDate(Utf8Buffer to, long daysSinceEpoch)
    {
        long shifted = daysSinceEpoch + 719_468;
        (long era, long dayOfEra) = FloorDivide(shifted, 146_097);
        long yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        long dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        long shiftedMonth = (5 * dayOfYear + 2) / 153;
        long day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1;
        long month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
        long year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
        if (year is < 0 or > 9_999) AppendLongYear(to, year);
        else to.AppendDigits(year, 4);
        to.Append('-');
        to.AppendDigits(month, 2);
        to.Append('-');
        to.AppendDigits(day, 2);
    }

    /// <summary>00:00:00.5</summary>
    public static void AppendClock(Utf8Buffer to, int secondOfDay, long rest, long unitsPerSecond)
    {
        Span<byte> room = to.Room(ClockBytes)[..ClockBytes];
        Write(room, secondOfDay / 3_600);
        room[2] = (byte)':';
        Write(room[3..], secondOfDay / 60 % 60);
        room[5] = (byte)':';
        Write(room[6..], secondOfDay % 60);
        to.Advance(ClockBytes);
        AppendFraction(to, rest, unitsPerSecond);

        static void Write(Span<byte> room, int two) =>
            (room[0], room[1]) = ((byte)('0' + (two / 10)), (byte)('0' + (two % 10)));
    }

    /// <summary>.5, or nothing for a whole second.</summary>
    public static void AppendFraction(Utf8Buffer to, long rest, long unitsPerSecond)
    {
        if (rest == 0) return;
        int digits = DigitsMax;
        long fraction = rest * (1_000_000_000 / unitsPerSecond);
        for (; fraction % 10 == 0; fraction /= 10) digits--;
        to.Append('.');
        to.AppendDigits(fraction, digits);
    }

    /// <summary>Divides so that the remainder is never below zero.</summary>
    public static (long Quotient, long Remainder) FloorDivide(long value, long by)
    {
        long quotient = Math.DivRem(value, by, out long rest);
        return rest < 0 ? (quotient - 1, rest + by) : (quotient, rest);
    }

    private static void AppendLongYear(Utf8Buffer to, long year)
    {
        if (year < 0) to.Append('-');
        string digits = Math.Abs(year).ToString("D4", System.Globalization.CultureInfo.InvariantCulture);
        to.Append(digits);
    }
}
