using System.Numerics;

namespace TsDb.Columnar.Transfer;

/// <summary>How a field's values are expected, so that only what they are off has to be told.</summary>
/// <param name="Kind">From what.</param>
/// <param name="Center">For <see cref="PredictionKind.Center"/>: the value.</param>
internal readonly record struct Prediction(PredictionKind Kind, long Center)
{
    private const int RowsTriedMax = 1 << 14;

    /// <summary>What needs the fewest bits on (the first rows of) a field.</summary>
    public static Prediction Best(
        LooseField field, int[] series, int[] matches, long?[] last, LooseField? known)
    {
        Prediction best = default;
        long bitsOfBest = long.MaxValue;
        foreach (PredictionKind kind in Enum.GetValues<PredictionKind>())
        {
            Prediction plan = new(kind, kind == PredictionKind.Center ? CenterOf(field) : 0);
            ValuePredictor predictor = new(plan, field, matches, last, known);
            long bits = 0;
            for (int row = 0; row < Math.Min(series.Length, RowsTriedMax); row++)
            {
                if (!field.Has(row)) continue;
                long off = unchecked(field.Words[row] - predictor.Next(series[row]));
                bits += 64 - BitOperations.LeadingZeroCount((ulong)(off ^ (off >> 63)));
                predictor.Take(field.Words[row]);
            }

            if (bits < bitsOfBest) (best, bitsOfBest) = (plan, bits);
        }

        return best;
    }

    private static long CenterOf(LooseField field)
    {
        long[] words = [.. Enumerable.Range(0, Math.Min(field.Words.Length, RowsTriedMax))
            .Where(field.Has).Select(row => field.Words[row])];
        if (words.Length == 0) return 0;
        words.AsSpan().Sort();
        return words[words.Length / 2];
    }
}
