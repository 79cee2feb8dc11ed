using System.Collections.Immutable;
using System.Globalization;

namespace TsDb.Replication.Shipping;

/// <summary>
/// The hours of the day in which shipments may be sent (<c>--ship-hours</c>), by the clock of one time zone.
/// </summary>
public sealed class ShipHours
{
    // The zone's clock may be moved in between: the next boundary is looked for again now and then.
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan DayLength = TimeSpan.FromDays(1);

    private readonly ImmutableArray<(TimeSpan From, TimeSpan To)> _windows;
    private readonly TimeZoneInfo _zone;
    private readonly string _text;

    private ShipHours(ImmutableArray<(TimeSpan From, TimeSpan To)> windows, TimeZoneInfo zone, string text) =>
        (_windows, _zone, _text) = (windows, zone, text);

    /// <summary>
    /// Reads <c>22:00-06:00</c>, several windows with commas between, and after a blank the time zone
    /// (<c>Europe/Berlin</c>; UTC without one). Throws <see cref="FormatException"/> saying what is wrong.
    /// </summary>
    public static ShipHours Parse(string text)
    {
        string[] parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length is < 1 or > 2)
            throw new FormatException(
                "use hours and, if it is not UTC, a time zone: 22:00-06:00 Europe/Berlin");
        TimeZoneInfo? zone = TimeZoneInfo.Utc;
        if (parts.Length == 2 && !TimeZoneInfo.TryFindSystemTimeZoneById(parts[1], out zone))
            throw new FormatException($"time zone {parts[1]} is not known: use one such as Europe/Berlin");
        return new ShipHours([.. parts[0].Split(',').Select(Window)], zone, $"{parts[0]} {zone.Id}");
    }

    /// <summary>True if data may be sent now.</summary>
    public bool IsOpen(DateTimeOffset now)
    {
        TimeSpan time = TimeZoneInfo.ConvertTime(now, _zone).TimeOfDay;
        return _windows.Any(w => w.From < w.To ? w.From <= time && time < w.To : w.From <= time
            || time < w.To);
    }

    /// <summary>When it is worth asking again: at the next boundary, or a little later than now.</summary>
    public DateTimeOffset NextLook(DateTimeOffset now)
    {
        TimeSpan time = TimeZoneInfo.ConvertTime(now, _zone).TimeOfDay;
        TimeSpan wait = LookEvery;
        foreach (TimeSpan boundary in _windows.SelectMany(w => new[] { w.From, w.To }))
        {
            TimeSpan until = boundary > time ? boundary - time : boundary + DayLength - time;
            if (until < wait) wait = until;
        }

        return now + wait;
    }

    /// <summary>The windows and the zone.</summary>
    public override string ToString() => _text;

    private static (TimeSpan From, TimeSpan To) Window(string text)
    {
        string[] ends = text.Split('-');
        if (ends.Length != 2 || Time(ends[0]) is not { } from || Time(ends[1]) is not { } to || from == to)
            throw new FormatException($"'{text}' are no hours: use 22:00-06:00");
        return (from, to == DayLength ? TimeSpan.Zero : to);
    }

    private static TimeSpan? Time(string text) => text == "24:00" ? DayLength
        : TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None,
            out TimeOnly at)
            ? at.ToTimeSpan()
            : null;
}
