using System.Runtime.InteropServices;
using TsDb.Model;

namespace TsDb.Query.Functions;

/// <summary>
/// The width of time buckets, in the layout of an SQL interval: whole months, or a fixed time. Buckets of
/// months begin with a month; others are counted from Monday 2000-01-03. All times are nanoseconds since
/// 1970, UTC.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct BucketWidth(int Months, int Days, long Microseconds)
{
    private const int MonthsAYear = 12;
    private const long MicrosecondNanoseconds = 1_000;
    private const long HourNanoseconds = 3_600_000_000_000;
    private const int DaysPlain = 10_000;
    private const long MicrosecondsPlain = 8_000_000_000_000_000;
    private static readonly int OriginMonth = 2000 * MonthsAYear;
    private static readonly long OriginTime =
        (new DateOnly(2000, 1, 3).DayNumber - EpochDay) * Day.NanosecondsLength;

    private static int EpochDay => DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    private Int128 Length => ((Int128)Days * Day.NanosecondsLength) + (
        (Int128)Microseconds * MicrosecondNanoseconds);

    /// <summary>The start of the bucket that a time lies in.</summary>
    public long Start(long time) => Months == 0 ? FixedStart(time, OriginTime) : MonthStart(
        time, OriginMonth);

    /// <summary>The same where the times are those that a clock of a time zone shows. Widths of hours and
    /// less are whole hours or divide an hour: others would not go on where the clock is set.</summary>
    public long LocalStart(long local)
    {
        Int128 length = Months == 0 && Length > 0 ? Length : HourNanoseconds;
        if (length % HourNanoseconds != 0 && HourNanoseconds % length != 0)
        {
            throw Invalid(
                "with a time zone the width is of months, days or whole hours, or one that divides an hour, "
                + "such as 15 minutes");
        }

        return Start(local);
    }

    /// <summary>The same for buckets counted from another time (from its month, if they are of
    /// months).</summary>
    public long Start(long time, long origin) =>
        Months == 0 ? FixedStart(time, origin) : MonthStart(time, MonthOf(origin));

    /// <summary>The same for buckets moved by an interval.</summary>
    public long StartShifted(long time, BucketWidth offset) =>
        offset.AddTo(Start(new BucketWidth(-offset.Months, -offset.Days, -offset.Microseconds).AddTo(time)));

    private static int MonthOf(long time)
    {
        DateOnly date = DateOnly.FromDayNumber(Day.Of(time).Number + EpochDay);
        return (date.Year * MonthsAYear) + date.Month - 1;
    }

    private static TsDbException Invalid(string why) => new(ErrorKind.Invalid, $"time_bucket: {why}");

    private static long InRange(Int128 time) => time >= long.MinValue && time <= long.MaxValue
        ? (long)time
        : throw Invalid("the bucket begins outside the range of time");

    private long FixedStart(long time, long origin)
    {
        // Nearly every call: all in 64 bits.
        bool isPlain = Days is >= 0 and <= DaysPlain && Microseconds is >= 0 and <= MicrosecondsPlain;
        if (isPlain && (Days != 0 || Microseconds != 0))
        {
            long width = (Days * Day.NanosecondsLength) + (Microseconds * MicrosecondNanoseconds);
            long from = unchecked(time - origin);
            long over = from % width;
            if (over < 0) over += width;
            long start = unchecked(time - over);
            if (((time ^ origin) & (time ^ from)) >= 0 && start <= time) return start;
        }

        Int128 length = Length;
        if (length <= 0) throw Invalid("the width must be greater than zero");
        Int128 since = (Int128)time - origin;
        Int128 rest = since % length;
        return InRange(origin + since - (rest < 0 ? rest + length : rest));
    }

    private long MonthStart(long time, int origin)
    {
        if (Length != 0) throw Invalid("a width in months cannot have days or a time as well");
        if (Months < 0) throw Invalid("the width must be greater than zero");
        int since = MonthOf(time) - origin;
        int rest = since % Months;
        int month = origin + since - (rest < 0 ? rest + Months : rest);
        DateOnly first = new(month / MonthsAYear, (month % MonthsAYear) + 1, 1);
        return InRange((Int128)(first.DayNumber - EpochDay) * Day.NanosecondsLength);
    }

    private long AddTo(long time)
    {
        int day = Day.Of(time).Number;
        Int128 ofDay = (Int128)time - ((Int128)day * Day.NanosecondsLength);
        int moved = DateOnly.FromDayNumber(day + EpochDay).AddMonths(Months).DayNumber - EpochDay;
        return InRange(((Int128)moved * Day.NanosecondsLength) + ofDay + Length);
    }
}
