using System.Buffers.Binary;

namespace TsDb.Codec.LineProtocol;

/// <summary>Eight decimal digits at a time, by arithmetic on one 64-bit word (D. Lemire's well-known method).</summary>
internal static class Digits
{
    /// <summary>Bytes that <see cref="TryReadEight"/> looks at.</summary>
    public const int WordBytes = 8;

    /// <summary>The powers of ten that a double holds exactly.</summary>
    public static ReadOnlySpan<double> ExactPowersOfTen =>
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>The value of the first eight bytes if all are digits. The caller has checked that eight are there.</summary>
    public static bool TryReadEight(ReadOnlySpan<byte> bytes, out uint value)
    {
        ulong word = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        ulong high = word & 0xF0F0_F0F0_F0F0_F0F0;
        ulong carried = (word + 0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0;
        if ((high | (carried >> 4)) != 0x3333_3333_3333_3333)
        {
            value = 0;
            return false;
        }

        word -= 0x3030_3030_3030_3030;
        word = (word * 10) + (word >> 8);
        ulong even = (word & 0x0000_00FF_0000_00FF) * 0x000F_4240_0000_0064;
        ulong odd = ((word >> 16) & 0x0000_00FF_0000_00FF) * 0x0000_2710_0000_0001;
        value = (uint)((even + odd) >> 32);
        return true;
    }
}
