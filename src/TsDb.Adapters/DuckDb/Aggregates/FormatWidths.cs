using System.Buffers;

namespace TsDb.Adapters.DuckDb.Aggregates;

/// <summary>How long texts get by the widths and precisions that a format asks for.</summary>
internal static class FormatWidths
{
    private const double Most = 1e18;

    private static readonly SearchValues<byte> InField = SearchValues.Create("0123456789-+ #.,'*$"u8);

    /// <summary>The widths of a format of <c>format</c>: <c>{:>10}</c>. Throws for one that an argument
    /// gives.</summary>
    public static double OfFormat(ReadOnlySpan<byte> format)
    {
        double sum = 0;
        for (int i = format.IndexOf((byte)'{'); i >= 0 && i < format.Length - 1; i++)
        {
            if (format[i] != '{') continue;
            if (format[i + 1] == '{')
            {
                i++;
                continue;
            }

            int end = format[i..].IndexOf((byte)'}');
            ReadOnlySpan<byte> field = end < 0 ? format[(i + 1)..] : format[(i + 1)..(i + end)];
            if (field.Contains((byte)'{')) throw ByArgument();
            int colon = field.IndexOf((byte)':');
            if (colon >= 0) sum += SumOfNumbers(field[colon..]);
            i += field.Length;
        }

        return sum;
    }

    /// <summary>The widths of a format of <c>printf</c>: <c>%10d</c>. Throws for one that an argument
    /// gives.</summary>
    public static double OfPrintf(ReadOnlySpan<byte> format)
    {
        double sum = 0;
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%') continue;
            int length = format[(i + 1)..].IndexOfAnyExcept(InField);
            ReadOnlySpan<byte> field = length < 0 ? format[(i + 1)..] : format.Slice(i + 1, length);
            if (field.Contains((byte)'*')) throw ByArgument();
            sum += SumOfNumbers(field);

            // What ends the field, which is % for a % itself.
            i += field.Length + 1;
        }

        return sum;
    }

    private static double SumOfNumbers(ReadOnlySpan<byte> text)
    {
        double sum = 0;
        double number = 0;
        foreach (byte c in text)
        {
            if (c is >= (byte)'0' and <= (byte)'9')
            {
                number = Math.Min((number * 10) + (c - '0'), Most);
                continue;
            }

            sum += number;
            number = 0;
        }

        return sum + number;
    }

    private static InvalidOperationException ByArgument() =>
        new("write the width of a format as a number: one that an argument gives is not supported");
}
