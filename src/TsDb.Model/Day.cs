using System.Globalization;

namespace TsDb.Model;

/// <summary>A UTC day, as whole days since 1970-01-01 (negative before it).</summary>
public readonly record struct Day(int Number) : IComparable<Day>
{
    /// <summary>Nanoseconds in a day. Leap seconds do not exist in Unix time.</summary>
    public const long NanosecondsLength = 86_400_000_000_000;

    /// <summary>The day that holds a time in nanoseconds since the Unix epoch.</summary>
    public static Day Of(long timeNanoseconds) =>
        new((int)Math.DivRem(timeNanoseconds, NanosecondsLength, out long rest) - (rest < 0 ? 1 : 0));

    /// <summary>The times of this day, cut to what an int64 of nanoseconds can hold.</summary>
    public TimeRange Range
    {
        get
        {
            Int128 start = (Int128)Number * NanosecondsLength;
            Int128 end = start + NanosecondsLength;
            return new TimeRange(
                (long)Int128.Max(start, long.MinValue), (long)Int128.Min(end, long.MaxValue));
        }
    }

    /// <summary>Orders by time.</summary>
    public int CompareTo(Day other) => Number.CompareTo(other.Number);

    /// <summary>The ISO 8601 date, such as 2016-01-01.</summary>
    public override string ToString() =>
        DateTime.UnixEpoch.AddDays(Number).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
