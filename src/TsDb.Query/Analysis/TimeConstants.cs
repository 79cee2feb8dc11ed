using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TsDb.Model;

namespace TsDb.Query.Analysis;

/// <summary>
/// Constants that are compared with <c>time</c>, as far as they are understood without the engine: literals,
/// casts to
/// time types, plus and minus fixed intervals. Anything else is not understood, and then nothing may be
/// pruned by it.
/// </summary>
internal static partial class TimeConstants
{
    private const long SecondNanoseconds = 1_000_000_000;
    private const int MicrosecondDigits = 6;
    private const int NanosecondDigits = 9;

    private static readonly Dictionary<string, long> Units = new(StringComparer.OrdinalIgnoreCase)
    {
        ["microsecond"] = 1_000,
        ["millisecond"] = 1_000_000,
        ["second"] = SecondNanoseconds,
        ["minute"] = 60 * SecondNanoseconds,
        ["hour"] = 3_600 * SecondNanoseconds,
        ["day"] = Day.NanosecondsLength,
        ["week"] = 7 * Day.NanosecondsLength,
    };

    /// <summary>A time in nanoseconds, or a span of them where the engine's rounding is not worth
    /// knowing.</summary>
    public readonly record struct Bound(Int128 Low, Int128 High)
    {
        public Bound Plus(Int128 nanoseconds) => new(Low + nanoseconds, High + nanoseconds);
    }

    /// <summary>The value of the expression, or null if it is not understood.</summary>
    public static Bound? Fold(JsonObject? expression)
    {
        if (expression is null) return null;
        if (TextOf(expression) is { } text) return Parse(text, NanosecondDigits);
        if (expression.IsClass("CAST") && !expression.Flag("try_cast")) return FoldCast(expression);
        if (!expression.IsClass("FUNCTION")) return null;
        IReadOnlyList<JsonObject> children = expression.Objects("children");
        switch (expression.Text("function_name"))
        {
            case "+" when children.Count == 2:
                return Fold(children[0]) is { } left && Interval(children[1]) is { } more ? left.Plus(more)
                    : null;
            case "-" when children.Count == 2:
                return Fold(children[0]) is { } from && Interval(children[1]) is { } less ? from.Plus(-less)
                    : null;
            case "make_timestamp_ns" when children.Count == 1:
                return Number(children[0]) is { } nanoseconds ? new Bound(nanoseconds, nanoseconds) : null;
            default:
                return null;
        }
    }

    private static Bound? FoldCast(JsonObject cast)
    {
        JsonObject? child = cast.Object("child");
        string? text = child is null ? null : TextOf(child);
        switch (cast.Object("cast_type").Text("id"))
        {
            case "TIMESTAMP_NS":
                return text is null ? Fold(child) : Parse(text, NanosecondDigits);
            case "TIMESTAMP" or "TIMESTAMP WITH TIME ZONE":
                if (text is not null) return Parse(text, MicrosecondDigits);
                return Fold(child) is { } inner ? new Bound(inner.Low - 1_000, inner.High + 1_000) : null;
            case "DATE":
                if (text is not null) return DateOnlyText().IsMatch(text) ? Parse(text, 0) : null;
                return Fold(child) is { } day ? new Bound(day.Low - Day.NanosecondsLength, day.High) : null;
            default:
                return null;
        }
    }

    private static Int128? Interval(JsonObject expression)
    {
        if (expression.IsClass("CAST") && expression.Object("cast_type").Text("id") == "INTERVAL")
        {
            string? text = expression.Object("child") is { } child ? TextOf(child) : null;
            Match match = IntervalText().Match(text ?? "");
            return match.Success && Units.TryGetValue(match.Groups[2].Value, out long unit)
                ? (Int128)long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * unit
                : null;
        }

        string name = expression.IsClass("FUNCTION") ? expression.Text("function_name") : "";
        IReadOnlyList<JsonObject> children = expression.Objects("children");
        return name.StartsWith("to_", StringComparison.Ordinal) && name.EndsWith('s') && children.Count == 1
            && Units.TryGetValue(name[3..^1], out long length) && Number(children[0]) is { } count
            ? count * length
            : null;
    }

    // INTERVAL 5 minutes is to_minutes(CAST(trunc(CAST(5 AS DOUBLE)) AS BIGINT)).
    private static Int128? Number(JsonObject expression)
    {
        JsonObject? inner = expression;
        while (inner.IsClass("CAST") || (inner.IsClass("FUNCTION") && inner.Text("function_name") == "trunc"))
            inner = inner.IsClass("CAST") ? inner.Object("child") : FirstOf(inner.Objects("children"));
        JsonObject? value = inner.IsClass("CONSTANT") ? inner.Object("value") : null;
        return value?["value"] is JsonValue number && number.TryGetValue(out long integer) ? integer : null;
    }

    private static JsonObject? FirstOf(IReadOnlyList<JsonObject> children) =>
        children.Count == 0 ? null : children[0];

    private static string? TextOf(JsonObject expression)
    {
        JsonObject? value = expression.IsClass("CONSTANT") ? expression.Object("value") : null;
        return value.Object("type").Text("id") == "VARCHAR" && !value.Flag("is_null") ? value.Text("value")
            : null;
    }

    private static Bound? Parse(string text, int digits)
    {
        Match match = TimestampText().Match(text);
        if (!match.Success) return null;
        int Part(string name) => match.Groups[name].Success
            ? int.Parse(match.Groups[name].ValueSpan, CultureInfo.InvariantCulture)
            : 0;
        (int month, int day) = (Part("month"), Part("day"));
        (int hour, int minute, int second) = (Part("hour"), Part("minute"), Part("second"));
        int year = Part("year");
        if (year < 1 || month is < 1 or > 12 || day < 1
            || day > DateTime.DaysInMonth(year, month)) return null;
        if (hour > 23 || minute > 59 || second > 59) return null;
        int days =
            new DateOnly(year, month, day).DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;
        Int128 time = (Int128)days * Day.NanosecondsLength
            + (((hour * 60L) + minute) * 60 + second) * SecondNanoseconds;
        string fraction = match.Groups["fraction"].Value;
        if (fraction.Length > 0)
        {
            time += long.Parse(fraction.PadRight(NanosecondDigits, '0')[..NanosecondDigits],
                CultureInfo.InvariantCulture);
        }

        string offset = match.Groups["offset"].Value;
        if (offset.Length > 1)
        {
            long seconds = (Part("offsetHours") * 3_600L) + (Part("offsetMinutes") * 60L);
            time += (offset[0] == '-' ? seconds : -seconds) * SecondNanoseconds;
        }

        // More digits than the type keeps: rounded or cut, this way or that.
        return fraction.Length > digits ? new Bound(time - 1_000, time + 1_000) : new Bound(time, time);
    }

    [GeneratedRegex(
        @"^\s*(?<year>\d{4})-(?<month>\d{1,2})-(?<day>\d{1,2})([ T](?<hour>\d{1,2}):(?<minute>\d{2})"
        + @"(:(?<second>\d{2})(\.(?<fraction>\d{1,12}))?)?"
        + @"\s?(?<offset>Z|[+-](?<offsetHours>\d{2})(:?(?<offsetMinutes>\d{2}))?)?)?\s*$")]
    private static partial Regex TimestampText();

    [GeneratedRegex(@"^\s*\d{4}-\d{1,2}-\d{1,2}\s*$")]
    private static partial Regex DateOnlyText();

    [GeneratedRegex(@"^\s*(-?\d{1,9})\s*([a-zA-Z]+?)s?\s*$")]
    private static partial Regex IntervalText();
}
