using System.Globalization;
using System.Text;
using TsDb.Model;

namespace TsDb.Codec.LineProtocol;

/// <summary>
/// The grammar of numbers in full: an optional '-', digits with at most one '.', an exponent, or i or u
/// behind plain digits. <see cref="LineReader"/> reads the usual ones by itself and asks here for the rest
/// and for the error.
/// </summary>
internal static class NumberText
{
    /// <summary>Reads a whole token. <paramref name="bits"/> holds the value as its 64 bits.</summary>
    public static LineFault Read(ReadOnlySpan<byte> token, out FieldType type, out long bits)
    {
        type = FieldType.Float64;
        bits = 0;
        if (token.IsEmpty) return LineFault.InvalidNumber;
        switch (token[^1])
        {
            case (byte)'i':
                type = FieldType.Int64;
                return ReadInteger(token[..^1], out bits);
            case (byte)'u':
                type = FieldType.UInt64;
                return ReadUnsigned(token[..^1], out bits);
            default:
                return ReadFloat(token, out bits);
        }
    }

    /// <summary>Reads digits with an optional '-' that fit into 64 bits.</summary>
    public static LineFault ReadInteger(ReadOnlySpan<byte> token, out long value)
    {
        value = 0;
        bool negative = token.Length > 0 && token[0] == '-';
        LineFault fault = ReadDigits(negative ? token[1..] : token, out ulong magnitude);
        if (fault != LineFault.None) return fault;
        ulong limit = negative ? 1UL << 63 : long.MaxValue;
        if (magnitude > limit) return LineFault.IntegerOutOfRange;
        value = negative ? (long)(0 - magnitude) : (long)magnitude;
        return LineFault.None;
    }

    /// <summary>True for the words that stand for NaN and the infinities elsewhere.</summary>
    public static bool IsNotFinite(ReadOnlySpan<byte> token)
    {
        if (token.Length > 0 && token[0] is (byte)'-' or (byte)'+') token = token[1..];
        return Ascii.EqualsIgnoreCase(token, "nan"u8) || Ascii.EqualsIgnoreCase(token, "inf"u8)
            || Ascii.EqualsIgnoreCase(token, "infinity"u8);
    }

    private static LineFault ReadUnsigned(ReadOnlySpan<byte> token, out long bits)
    {
        LineFault fault = ReadDigits(token, out ulong value);
        bits = (long)value;
        return fault;
    }

    private static LineFault ReadDigits(ReadOnlySpan<byte> token, out ulong value)
    {
        value = 0;
        if (token.IsEmpty || token.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return LineFault.InvalidNumber;
        foreach (byte digit in token)
        {
            UInt128 next = ((UInt128)value * 10) + (uint)(digit - '0');
            if (next > ulong.MaxValue) return LineFault.IntegerOutOfRange;
            value = (ulong)next;
        }

        return LineFault.None;
    }

    private static LineFault ReadFloat(ReadOnlySpan<byte> token, out long bits)
    {
        bits = 0;
        ReadOnlySpan<byte> rest = token[0] == '-' ? token[1..] : token;
        int whole = DigitsAtStart(rest);
        rest = rest[whole..];
        int fraction = 0;
        if (rest.Length > 0 && rest[0] == '.')
        {
            fraction = DigitsAtStart(rest[1..]);
            rest = rest[(fraction + 1)..];
        }

        if (whole + fraction == 0)
            return IsNotFinite(token) ? LineFault.NotFinite : LineFault.InvalidNumber;
        if (rest.Length > 0)
        {
            if (rest[0] is not ((byte)'e' or (byte)'E')) return LineFault.InvalidNumber;
            rest = rest[1..];
            if (rest.Length > 0 && rest[0] is (byte)'+' or (byte)'-') rest = rest[1..];
            if (rest.IsEmpty || DigitsAtStart(rest) != rest.Length) return LineFault.InvalidNumber;
        }

        bool read =
            double.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out double value);
        if (!read || !double.IsFinite(value)) return LineFault.InvalidFloat;
        bits = BitConverter.DoubleToInt64Bits(value);
        return LineFault.None;
    }

    private static int DigitsAtStart(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return end < 0 ? bytes.Length : end;
    }
}
