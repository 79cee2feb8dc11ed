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

    /// <summary>For doubles the s of k / 10^s, or <see cref="NoScale"/>.</summary>
    public int Scale { get; set; } = NoScale;

    /// <summary>For texts the distinct ones, those of the reference first.</summary>
    public TextDictionary? Texts { get; init; }

    /// <summary>Whether a row has a value.</summary>
    public bool Has(int row) => IsPresent is null || IsPresent[row] != 0;

    /// <summary>
    /// A word of this field in the form of another that has the same name and type, as near as it gets.
    /// </summary>
    public long In(LooseField other, long word)
    {
        if (Type != FieldType.Float64 || other.Scale == Scale) return word;
        double value = Scale == NoScale ? FromOrdered(word) : (double)word / Decimals.PowerOf(Scale);
        if (other.Scale == NoScale) return ToOrdered(value);
        double number = Math.Round(value * Decimals.PowerOf(other.Scale));
        return Math.Abs(number) <= Decimals.NumberMax ? (long)number : 0;
    }

    /// <summary>Bits of a double as a number that rises with it.</summary>
    public static long ToOrdered(double value) => Flip(BitConverter.DoubleToInt64Bits(value));

    /// <summary>Undoes <see cref="ToOrdered"/>.</summary>
    public static double FromOrdered(long word) => BitConverter.Int64BitsToDouble(Flip(word));

    private static long Flip(long bits) => bits ^ ((bits >> 63) & long.MaxValue);
}
