using System.Globalization;
using TsDb.Replication.Shipping;

namespace TsDb.Tests.Replication.Shipping;

/// <summary>Hours are of one zone's clock, may pass midnight, and are said clearly when wrong.</summary>
public sealed class ShipHoursTests
{
    [Theory]
    [InlineData("22:00-06:00", "2026-01-05T21:59:59Z", false)]
    [InlineData("22:00-06:00", "2026-01-05T22:00:00Z", true)]
    [InlineData("22:00-06:00", "2026-01-06T05:59:59Z", true)]
    [InlineData("22:00-06:00", "2026-01-06T06:00:00Z", false)]
    [InlineData("08:00-09:00,12:00-24:00", "2026-01-06T23:59:59Z", true)]
    [InlineData("08:00-09:00,12:00-24:00", "2026-01-06T09:00:00Z", false)]
    [InlineData("22:00-06:00 Europe/Berlin", "2026-01-05T21:00:00Z", true)]
    [InlineData("22:00-06:00 Europe/Berlin", "2026-07-05T20:00:00Z", true)]
    [InlineData("22:00-06:00 Europe/Berlin", "2026-07-06T04:00:00Z", false)]
    public void A_moment_is_inside_or_outside(string hours, string moment, bool isOpen)
    {
        DateTimeOffset now = DateTimeOffset.Parse(moment, CultureInfo.InvariantCulture);
        ShipHours parsed = ShipHours.Parse(hours);
        Assert.Equal(isOpen, parsed.IsOpen(now));
        DateTimeOffset next = parsed.NextLook(now);
        Assert.InRange(next - now, TimeSpan.FromTicks(1), TimeSpan.FromMinutes(15));
    }

    [Theory]
    [InlineData("22-6")]
    [InlineData("22:00-22:00")]
    [InlineData("25:00-06:00")]
    [InlineData("22:00-06:00 Mars/Olympus")]
    [InlineData("")]
    public void What_is_no_hours_is_refused(string text) =>
        Assert.Throws<FormatException>(() => ShipHours.Parse(text));
}
