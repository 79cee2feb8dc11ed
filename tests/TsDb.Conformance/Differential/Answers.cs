using System.Globalization;

namespace TsDb.Conformance.Differential;

/// <summary>Whether two answers are the same: rows as sets unless their order is given, doubles within
/// rounding.</summary>
internal static class Answers
{
    private const double RelativeError = 1e-9;
    private const int DigitsExact = 16;

    public static bool AreSame(string one, string other, bool isOrdered)
    {
        bool isError = one.StartsWith("error ", StringComparison.Ordinal);
        if (isError != other.StartsWith("error ", StringComparison.Ordinal)) return false;
        if (isError) return true;
        string[][] a = Rows(one);
        List<string[]> b = [.. Rows(other)];
        if (a.Length != b.Count) return false;
        if (isOrdered) return a.Zip(b).All(pair => AreSame(pair.First, pair.Second));
        foreach (string[] row in a)
        {
            int found = b.FindIndex(candidate => AreSame(row, candidate));
            if (found < 0) return false;
            b.RemoveAt(found);
        }

        return true;
    }

    private static string[][] Rows(string answer) => [.. answer.Split('\n').Select(row => row.Split('|'))];

    private static bool AreSame(string[] one, string[] other) => one.Length == other.Length
        && one.Zip(other).All(pair => pair.First == pair.Second || AreClose(pair.First, pair.Second));

    // A double that is whole may be told without a point: what the other one is decides.
    private static bool AreClose(string one, string other) =>
        (IsDouble(one) || IsDouble(other) || (one.Length < DigitsExact && other.Length < DigitsExact))
        && Number(one) is { } a && Number(other) is { } b
        && (a.Equals(b) || a == b || Math.Abs(a - b) <= RelativeError * Math.Max(
            1, Math.Max(Math.Abs(a), Math.Abs(b))));

    private static bool IsDouble(string text) => text.Contains('.', StringComparison.Ordinal)
        || text.Contains('e', StringComparison.OrdinalIgnoreCase);

    private static double? Number(string text) => text switch
    {
        "inf" or "Infinity" => double.PositiveInfinity,
        "-inf" or "-Infinity" => double.NegativeInfinity,
        "nan" or "NaN" => double.NaN,
        _ => double.TryParse(text, CultureInfo.InvariantCulture, out double number) ? number : null,
    };
}
