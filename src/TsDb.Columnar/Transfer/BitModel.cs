namespace TsDb.Columnar.Transfer;

/// <summary>
/// The chance that a bit is zero, learnt from the bits before: the first ones count most, so that a few
/// hundred values already pay off.
/// </summary>
internal struct BitModel
{
    /// <summary>Chances are fractions of 2^12.</summary>
    public const int Bits = 12;

    private const int StateBits = 16;
    private const int RateBits = 15;
    private const int SeenMax = 127;
    private static readonly ushort[] Rates = MakeRates();

    private ushort _zeroChance;
    private byte _seen;

    /// <summary>A model that has seen nothing.</summary>
    public static BitModel Fresh => new() { _zeroChance = 1 << (StateBits - 1) };

    /// <summary>The chance of a zero, above 0 and below 2^12.</summary>
    public readonly uint ZeroChance =>
        Math.Clamp((uint)_zeroChance >> (StateBits - Bits), 1, (1 << Bits) - 1);

    /// <summary>Learns from a bit.</summary>
    public void Learn(int bit)
    {
        int target = bit == 0 ? ushort.MaxValue : 0;
        _zeroChance = (ushort)(_zeroChance + (((target - _zeroChance) * Rates[_seen]) >> RateBits));
        if (_seen < SeenMax) _seen++;
    }

    /// <summary>So many models that have seen nothing.</summary>
    public static BitModel[] Array(int count)
    {
        BitModel[] models = new BitModel[count];
        models.AsSpan().Fill(Fresh);
        return models;
    }

    // The weight of the nth bit: 1 / (n + 3/2), as an estimator with little prejudice has it.
    private static ushort[] MakeRates()
    {
        ushort[] rates = new ushort[SeenMax + 1];
        for (int seen = 0; seen < rates.Length; seen++)
            rates[seen] = (ushort)((2 << RateBits) / (3 + (2 * seen)));
        return rates;
    }
}
