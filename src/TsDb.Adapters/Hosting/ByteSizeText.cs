using System.Globalization;

namespace TsDb.Adapters.Hosting;

/// <summary>Sizes as people type them: <c>64MiB</c>, <c>1GiB</c>, <c>500kB</c> or plain bytes.</summary>
public static class ByteSizeText
{
    private static readonly (string Unit, long Bytes)[] Units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1),
    ];

    /// <summary>Reads a size in bytes. Throws <see cref="FormatException"/> with what is allowed.</summary>
    public static long Parse(string text)
    {
        (string unit, long bytes) =
            Units.FirstOrDefault(u => text.EndsWith(u.Unit, StringComparison.Ordinal), ("", 1));
        ReadOnlySpan<char> number = text.AsSpan(0, text.Length - unit.Length);
        if (!decimal.TryParse(
            number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value))
            throw new FormatException("use a size such as 64MiB, 1GiB or a number of bytes");
        return checked((long)(value * bytes));
    }

    /// <summary>A size for people, with three digits at the most behind the point's neighbours: 1.5
    /// MiB.</summary>
    public static string Format(double bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        int unit = 0;
        for (; Math.Abs(bytes) >= 1024 && unit < units.Length - 1; unit++) bytes /= 1024;
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Round(bytes, 2)} {units[unit]}");
    }
}
