using TsDb.Columnar.Parquet;

namespace TsDb.Columnar.Transfer;

/// <summary>
/// Doubles as words. The values of a series are decimals k / 10^s, some of them off by a few units in the
/// last place, as sums and means of decimals are (74.93588199999998); or else their bits, in the order of
/// their values.
/// </summary>
internal static class LooseDoubles
{
    // So far off is an accident of arithmetic; farther off it pays to take another scale.
    private const int UnitsMax = 16;

    /// <summary>Finds scale, numbers and units of one series.</summary>
    /// <param name="values">By row its bits.</param>
    /// <param name="field">Where words and units go, and which rows have a value.</param>
    /// <param name="start">The first row of the series.</param>
    /// <param name="end">The first row behind it.</param>
    /// <returns>The scale, or <see cref="LooseField.NoScale"/>.</returns>
    public static int Take(ReadOnlySpan<long> values, LooseField field, int start, int end)
    {
        int scale = 0;
        for (int row = start; row < end && scale != LooseField.NoScale; row++)
        {
            while (field.Has(row) && !TrySplit(values[row], scale, out _, out _))
            {
                if (++scale <= Decimals.ScaleMax) continue;
                scale = LooseField.NoScale;
                break;
            }
        }

        for (int row = start; row < end; row++)
        {
            if (!field.Has(row)) continue;
            (long number, long units) = (LooseField.Flip(values[row]), 0L);
            if (scale != LooseField.NoScale && !TrySplit(values[row], scale, out number, out units))
            {
                // A scale that rose behind this row does not suit it any more: near 2^53 that may be.
                (scale, row) = (LooseField.NoScale, start - 1);
                continue;
            }

            field.Words[row] = number;
            if (units != 0) (field.Units ??= new long[values.Length])[row] = units;
            else if (field.Units is { } all) all[row] = 0;
        }

        return scale;
    }

    /// <summary>The bits of a value.</summary>
    public static long Bits(long word, long units, int scale) => scale == LooseField.NoScale
        ? LooseField.Flip(word)
        : unchecked(Bits(word / Decimals.PowerOf(scale)) + units);

    private static long Bits(double value) => BitConverter.DoubleToInt64Bits(value);

    private static bool TrySplit(long bits, int scale, out long number, out long units)
    {
        double power = Decimals.PowerOf(scale);
        double rounded = Math.Round(BitConverter.Int64BitsToDouble(bits) * power);
        (number, units) = (0, 0);

        // NaN and infinities fail the comparison, the bits of -0.0 are far from those of 0.
        if (!(Math.Abs(rounded) <= Decimals.NumberMax)) return false;
        number = (long)rounded;
        units = unchecked(bits - Bits(number / power));
        return units is >= -UnitsMax and <= UnitsMax;
    }
}
