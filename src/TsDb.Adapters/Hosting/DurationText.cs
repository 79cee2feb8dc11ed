using System.Globalization;
using TsDb.Model;

namespace TsDb.Adapters.Hosting;

/// <summary>Durations as people type them: <c>500ms 2s 5m 1h 7d</c>.</summary>
public static class DurationText
{
    private static readonly (string Unit, double Milliseconds)[] Units =
        [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

    /// <summary>Reads a duration; <c>0</c> needs no unit. Throws <see cref="FormatException"/> with what is
    /// allowed.</summary>
    public static TimeSpan Parse(string text)
    {
        if (text == "0") return TimeSpan.Zero;
        foreach ((string unit, double milliseconds) in Units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal)) continue;
            ReadOnlySpan<char> number = text.AsSpan(0, text.Length - unit.Length);
            bool isNumber = double.TryParse(
                number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value);
            if (isNumber && double.IsFinite(value))
                return TimeSpan.FromMilliseconds(value * milliseconds);
        }

        throw new FormatException("use a duration such as 500ms, 2s, 5m, 1h or 7d");
    }

    /// <summary>As <see cref="Parse"/> reads it, in the largest unit of which it is a whole number.</summary>
    public static string Of(TimeSpan duration)
    {
        (string unit, double milliseconds) =
            Units.Last(one => one.Unit == "ms" || duration.TotalMilliseconds % one.Milliseconds == 0);
        return (duration.TotalMilliseconds / milliseconds).ToString(CultureInfo.InvariantCulture) + unit;
    }

    /// <summary>Reads a duration that a user gave. Throws <see cref="ErrorKind.Invalid"/> with its name
    /// where it is none.</summary>
    public static TimeSpan Require(string name, string text)
    {
        try
        {
            return Parse(text);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new TsDbException(ErrorKind.Invalid, $"{name} '{text}': {e.Message}", e);
        }
    }
}
