using System.Runtime.CompilerServices;
using TsDb.Model;

namespace TsDb.Codec.LineProtocol;

/// <content>The fast way through lines that look like the one before.</content>
public ref partial struct LineReader
{
    /// <summary>A name, a sign, eight digits, a point, eight digits and what ends them.</summary>
    private const int UsualBytes = FieldGuesses.NameBytesMax + 24;

    /// <summary>
    /// Reads fields of the current line for as long as each is the guessed one and a plain number of its
    /// guessed type: an integer of up to seven digits, or a decimal of up to seven before and after its
    /// point. Returns how many; the first field that is something else is left to <see cref="NextField()"/>,
    /// which gives the same values for those read here.
    /// </summary>
    /// <param name="guesses">The fields of the lines before.</param>
    /// <param name="bits">The values, as <see cref="FieldBits"/> has them; room for all guesses.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int ReadUsual(FieldGuesses guesses, Span<long> bits)
    {
        // Beyond this a name may make measurement, tags and name too long, which is the other way's to say.
        if (_keyLength > KeyBytesMax - FieldGuesses.NameBytesMax) return 0;
        if (_section != Section.FirstField || (uint)_at >= (uint)_body.Length || _body[_at] != ' ') return 0;
        ReadOnlySpan<byte> body = _body;
        int at = _at + 1;
        int count = 0;
        Section section = Section.FirstField;
        while (count < guesses.Count && count < bits.Length && at <= body.Length - UsualBytes)
        {
            ReadOnlySpan<byte> window = body.Slice(at, UsualBytes);
            int length = guesses.Match(count, window[..FieldGuesses.NameBytesMax], out FieldType type);
            if (length == 0) break;
            int valueLength = ReadUsualValue(window[length..], type, out bits[count]);
            if (valueLength == 0) break;
            int end = length + valueLength;
            byte stop = window[end];
            byte next = window[end + 1];
            if (stop == ',')
            {
                section = Section.Field;
            }
            else if (stop == ' ' && (next == '-' || (uint)(next - '0') <= 9))
            {
                section = Section.Time;
            }
            else
            {
                break;
            }

            at += end + 1;
            count++;
            if (section == Section.Time) break;
        }

        if (count == 0) return 0;
        _at = at;
        _section = section;
        return count;
    }

    /// <summary>
    /// Reads a plain number from bytes that begin with it and are long enough; 0 if it is none.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int ReadUsualValue(ReadOnlySpan<byte> bytes, FieldType type, out long bits)
    {
        int sign = bytes[0] == '-' ? 1 : 0;
        int digits = Digits.ReadUpToEight(bytes[sign..], out uint whole);
        int at = sign + digits;
        bits = sign == 0 ? whole : -(long)whole;
        if (digits is 0 or Digits.WordBytes) return 0;
        if (type == FieldType.Int64) return bytes[at] == 'i' ? at + 1 : 0;
        if (type != FieldType.Float64) return 0;
        double magnitude = whole;
        if (bytes[at] == '.')
        {
            int fraction = Digits.ReadUpToEight(bytes[(at + 1)..], out uint part);
            if (fraction is 0 or Digits.WordBytes) return 0;
            // At most 14 digits: the mantissa and the power of ten are exact, so one division is enough.
            magnitude = (((ulong)whole * Digits.PowersOfTen[fraction]) + part)
                / Digits.ExactPowersOfTen[fraction];
            at += fraction + 1;
        }

        bits = BitConverter.DoubleToInt64Bits(sign == 0 ? magnitude : -magnitude);
        return at;
    }
}
