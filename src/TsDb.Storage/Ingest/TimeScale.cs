namespace TsDb.Storage.Ingest;

/// <summary>Turns written times into nanoseconds.</summary>
public static class TimeScale
{
    /// <summary>Nanoseconds in one unit; for <see cref="TimePrecision.Auto"/> one.</summary>
    public static long UnitNanoseconds(this TimePrecision precision) => precision switch
    {
        TimePrecision.Microseconds => 1_000,
        TimePrecision.Milliseconds => 1_000_000,
        TimePrecision.Seconds => 1_000_000_000,
        TimePrecision.Minutes => 60_000_000_000,
        TimePrecision.Hours => 3_600_000_000_000,
        _ => 1,
    };

    /// <summary>The time in nanoseconds; false if 64 bits do not hold it.</summary>
    public static bool TryToNanoseconds(this TimePrecision precision, long written, out long nanoseconds)
    {
        long unit = (precision == TimePrecision.Auto ? Guess(written) : precision).UnitNanoseconds();
        nanoseconds = unchecked(written * unit);
        return unit == 1 || Math.BigMul(written, unit) == nanoseconds;
    }

    /// <summary>A time of this node cut down to a whole unit.</summary>
    public static long Truncate(this TimePrecision precision, long nanoseconds)
    {
        long unit = precision.UnitNanoseconds();
        long rest = nanoseconds % unit;
        return nanoseconds - (rest < 0 ? rest + unit : rest);
    }

    private static TimePrecision Guess(long written)
    {
        ulong seconds = (written < 0 ? 0UL - (ulong)written : (ulong)written) / 1_000_000_000;
        return seconds switch
        {
            < 5 => TimePrecision.Seconds,
            < 5_000 => TimePrecision.Milliseconds,
            < 5_000_000 => TimePrecision.Microseconds,
            _ => TimePrecision.Nanoseconds,
        };
    }
}
