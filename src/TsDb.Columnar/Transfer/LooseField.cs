using TsDb.Columnar.Parquet;
using TsDb.Model;

namespace TsDb.Columnar.Transfer;

/// <summary>One field of rows that were taken apart: a word a row, in a form whose differences are
/// small.</summary>
/// <param name="Name">Logical name.</param>
/// <param name="Type">Logical type.</param>
internal sealed record LooseField(string Name, FieldType Type)
{
    /// <summary>Doubles that are no decimals.</summary>
    public const int NoScale = -1;

    /// <summary>
    /// By row, anything where there is no value: integers as they are, doubles as the number k of k / 10^s or
    /// as bits that sort as they do, booleans as 0 and 1, texts as their place in <see cref="Texts"/>.
    /// </summary>
    public required long[] Words { get; init; }

    /// <summary>By row 1 where there is a value; null if there is one everywhere.</summary>
    public byte[]? IsPresent { get; set; }

    /// <summary>For doubles by series the s of k / 10^s, or <see cref="NoScale"/>.</summary>
    public int[] Scales { get; set; } = [];

    /// <summary>
    /// For doubles by row how many units in the last place the value is off the decimal; null if none is.
    /// </summary>
    public long[]? Units { get; set; }

    /// <summary>For texts the distinct ones, those of the reference first.</summary>
    public TextDictionary? Texts { get; init; }

    /// <summary>Whether a row has a value.</summary>
    public bool Has(int row) => IsPresent is null || IsPresent[row] != 0;

    /// <summary>A word of one scale in the form of another, as near as it gets.</summary>
    public static long Rescale(long word, int from, int to)
    {
        if (from == to) return word;
        double value = from == NoScale
            ? BitConverter.Int64BitsToDouble(Flip(word)) : word / Decimals.PowerOf(from);
        if (to == NoScale) return Flip(BitConverter.DoubleToInt64Bits(value));
        double number = Math.Round(value * Decimals.PowerOf(to));
        return Math.Abs(number) <= Decimals.NumberMax ? (long)number : 0;
    }

    /// <summary>Bits of a double as a number that rises with it, and back.</summary>
    public static long Flip(long bits) => bits ^ ((bits >> 63) & long.MaxValue);
}
