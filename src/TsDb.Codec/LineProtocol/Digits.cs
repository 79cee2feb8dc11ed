using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace TsDb.Codec.LineProtocol;

/// <summary>
/// Decimal digits by arithmetic on one 64-bit word instead of a loop, whose end would be a branch that
/// nothing can predict (D. Lemire's well-known method for eight digits, the word shifted for fewer).
/// </summary>
internal static class Digits
{
    /// <summary>Bytes that <see cref="ReadUpToEight"/> looks at.</summary>
    public const int WordBytes = 8;

    private const ulong HighNibbles = 0xF0F0_F0F0_F0F0_F0F0;
    private const ulong Sixes = 0x0606_0606_0606_0606;
    private const ulong Threes = 0x3333_3333_3333_3333;
    private const ulong Zeros = 0x3030_3030_3030_3030;

    /// <summary>The powers of ten that a double holds exactly.</summary>
    public static ReadOnlySpan<double> ExactPowersOfTen =>
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>What a number is multiplied by to append so many digits.</summary>
    public static ReadOnlySpan<ulong> PowersOfTen =>
        [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

    /// <summary>
    /// The value of the digits that the first eight bytes begin with, and how many they are. The caller has
    /// checked that eight bytes are there.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ReadUpToEight(ReadOnlySpan<byte> bytes, out uint value)
    {
        ulong word = BinaryPrimitives.ReadUInt64LittleEndian(bytes);

        // A byte is a digit if its high nibble is 3 and still 3 after adding 6. A carry out of a byte that is
        // no digit
        // reaches only bytes behind it.
        ulong nibbles = (word & HighNibbles) | (((word + Sixes) & HighNibbles) >> 4);
        int digits = BitOperations.TrailingZeroCount(nibbles ^ Threes) / 8;
        if (digits == 0)
        {
            value = 0;
            return 0;
        }

        // Moved to the word's end, the digits have zeros before them, as a number has.
        int shift = 64 - (digits * 8);
        word = (word << shift) - (Zeros << shift);
        word = (word * 10) + (word >> 8);
        ulong even = (word & 0x0000_00FF_0000_00FF) * 0x000F_4240_0000_0064;
        ulong odd = ((word >> 16) & 0x0000_00FF_0000_00FF) * 0x0000_2710_0000_0001;
        value = (uint)((even + odd) >> 32);
        return digits;
    }
}
