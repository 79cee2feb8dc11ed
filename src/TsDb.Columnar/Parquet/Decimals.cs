namespace TsDb.Columnar.Parquet;

/// <summary>
/// Doubles that are decimals: k / 10^s with |k| at most 2^53 and s at most 15, where the division gives back
/// the identical bits. Both k and 10^s are then exact doubles, so the division is one correctly rounded
/// operation in every reader that divides (IEEE 754), and a larger s with k times ten gives the same double.
/// </summary>
internal static class Decimals
{
    /// <summary>The largest scale used.</summary>
    public const int ScaleMax = 15;

    /// <summary>The largest number k.</summary>
    public const double NumberMax = 9007199254740992;

    private static readonly double[] Powers =
        [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

    /// <summary>10 to the scale.</summary>
    public static double PowerOf(int scale) => Powers[scale];

    /// <summary>The least scale found at which every value is such a decimal, or -1.</summary>
    public static int ScaleOf(ReadOnlySpan<double> values)
    {
        int scale = 0;
        // A scale that rose at some value is tried again on the values before it: near 2^53 a larger scale
        // may fail.
        for (int end = values.Length; end > 0;)
        {
            int lastRise = 0;
            for (int i = 0; i < end; i++)
            {
                while (!IsDecimal(values[i], Powers[scale]))
                {
                    if (++scale > ScaleMax) return -1;
                    lastRise = i;
                }
            }

            end = lastRise;
        }

        return scale;
    }

    /// <summary>
    /// The numbers k; every value is a decimal of the scale, as <see cref="ScaleOf"/> found.
    /// </summary>
    public static void Encode(ReadOnlySpan<double> values, int scale, Span<long> numbers)
    {
        double power = Powers[scale];
        for (int i = 0; i < values.Length; i++) numbers[i] = (long)Math.Round(values[i] * power);
    }

    public static void Decode(ReadOnlySpan<long> numbers, int scale, Span<double> values)
    {
        if ((uint)scale > ScaleMax) throw Damage.Found($"a decimal scale of {scale}");
        double power = Powers[scale];
        for (int i = 0; i < numbers.Length; i++) values[i] = numbers[i] / power;
    }

    private static long Bits(double value) => BitConverter.DoubleToInt64Bits(value);

    private static bool IsDecimal(double value, double power)
    {
        double number = Math.Round(value * power);
        // NaN and infinities fail the comparison, -0.0 has other bits than 0 / power.
        return Math.Abs(number) <= NumberMax
            && Bits((double)(long)number / power) == Bits(value);
    }
}
