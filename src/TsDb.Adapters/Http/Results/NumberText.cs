using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace TsDb.Adapters.Http.Results;

/// <summary>Numbers as text. Small integers and short decimals, of which most data is made, are
/// quick.</summary>
internal static class NumberText
{
    /// <summary>Room that a number may need.</summary>
    public const int DigitsMax = 48;

    private const int SmallCount = 1_000;
    private const int LengthShift = 24;

    // By number: up to three digits in the low bytes, the first one lowest; their count in the highest byte.
    private static readonly uint[] Small = [.. Enumerable.Range(0, SmallCount).Select(Packed)];

    /// <summary>Adds an integer.</summary>
    public static void Append<T>(Utf8Buffer to, T value)
        where T : struct, IBinaryInteger<T> => Append(to, default, value);

    /// <summary>Adds an integer behind other bytes.</summary>
    public static void Append<T>(Utf8Buffer to, ReadOnlySpan<byte> prefix, T value)
        where T : struct, IBinaryInteger<T>
    {
        Span<byte> room = to.Room(prefix.Length + DigitsMax);
        prefix.CopyTo(room);
        to.Advance(prefix.Length + Write(room[prefix.Length..], value));
    }

    /// <summary>Writes an integer into a room of <see cref="DigitsMax"/> bytes; how many it took.</summary>
    public static int Write<T>(Span<byte> room, T value)
        where T : struct, IBinaryInteger<T>
    {
        // A negative number is a huge one here.
        ulong bits = ulong.CreateTruncating(value);
        if (bits < SmallCount)
        {
            uint packed = Small[bits];
            BinaryPrimitives.WriteUInt32LittleEndian(room, packed);
            return (int)(packed >> LengthShift);
        }

        return value.TryFormat(room, out int written, default, CultureInfo.InvariantCulture)
            ? written
            : throw new InvalidOperationException($"a number of more than {DigitsMax} characters");
    }

    /// <summary>
    /// Adds a double with the fewest digits that read back as the same. A decimal of up to 15 digits that
    /// reads back as the value is these digits: no other one that short does.
    /// </summary>
    public static void Append(Utf8Buffer to, double value)
    {
        double size = Math.Abs(value);
        if (size is >= 1e-3 and < 1e9)
        {
            if (TryAppend(to, value, size, 100, 2) || TryAppend(to, value, size, 100_000, 5)) return;
        }

        to.AppendNumber(value);
    }

    private static bool TryAppend(Utf8Buffer to, double value, double size, long unit, int decimals)
    {
        long scaled = (long)Math.Round(size * unit);
        if ((double)scaled / unit != size) return false;
        (long whole, long fraction) = Math.DivRem(scaled, unit);
        if (value < 0) to.Append('-');
        Append(to, whole);
        if (fraction == 0) return true;
        for (; fraction % 10 == 0; fraction /= 10) decimals--;
        to.Append('.');
        to.AppendDigits(fraction, decimals);
        return true;
    }

    private static uint Packed(int number)
    {
        string digits = number.ToString(CultureInfo.InvariantCulture);
        uint packed = (uint)digits.Length << LengthShift;
        for (int i = 0; i < digits.Length; i++) packed |= (uint)digits[i] << (8 * i);
        return packed;
    }
}
