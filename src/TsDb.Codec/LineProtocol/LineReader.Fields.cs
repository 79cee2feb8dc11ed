using TsDb.Model;

namespace TsDb.Codec.LineProtocol;

/// <content>Fields and their values.</content>
public ref partial struct LineReader
{
    /// <summary>Digits that cannot overflow 64 bits whatever they are.</summary>
    private const int DigitsSafe = 18;

    /// <summary>Digits that fit into 64 bits without a sign whatever they are.</summary>
    private const int DigitsExact = 19;

    /// <summary>Integers up to this are doubles exactly.</summary>
    private const ulong ExactDoubleMax = 1UL << 53;

    /// <summary>Reads the next field; false at the end of the fields or with a fault.</summary>
    public bool NextField() => NextField(default, out _);

    /// <summary>
    /// Reads the next field, whose name the caller may guess: batches repeat their fields in the same order,
    /// and to compare is cheaper than to search.
    /// </summary>
    /// <param name="guess">The name as written, with the '=' behind it; empty for none.</param>
    /// <param name="guessed">True if the field has that name; then <see cref="FieldName"/> is not
    /// set.</param>
    public bool NextField(ReadOnlySpan<byte> guess, out bool guessed)
    {
        guessed = false;
        if (_section == Section.FirstField)
        {
            SkipSpaces();
            if ((uint)_at >= (uint)_body.Length || IsLineEnd(_at)) return Fail(LineFault.MissingFields, _at);
        }
        else if (_section != Section.Field)
        {
            return false;
        }

        if (guess.Length > 0 && _body[_at..].StartsWith(guess))
        {
            guessed = true;
            _at += guess.Length;
        }
        else if (!ReadFieldName())
        {
            return false;
        }

        return ReadValue() && ReadValueEnd();
    }

    private bool ReadFieldName()
    {
        int start = _at;
        int at = start;
        while (true)
        {
            int step = _body[at..].IndexOfAny(LineBytes.NameStops);
            at = step < 0 ? _body.Length : at + step;
            if (at == _body.Length || _body[at] != '\\') break;
            bool escapes = at + 1 < _body.Length && _body[at + 1] is (byte)' ' or (byte)',' or (byte)'=';
            at += escapes ? 2 : 1;
        }

        _at = at;
        if (at == _body.Length || _body[at] != '=') return Fail(LineFault.InvalidFieldFormat, at);
        if (at == start) return Fail(LineFault.MissingFieldKey, at);
        FieldNameAssigned = _body[start..(at + 1)];
        if (_keyLength + FieldName.Length > KeyBytesMax) return Fail(LineFault.KeyTooLong, start);
        if (!BodyIsUtf8 && !LineBytes.IsUtf8(FieldName)) return Fail(LineFault.InvalidUtf8, start);
        _at = at + 1;
        return true;
    }

    private bool ReadValue()
    {
        if ((uint)_at >= (uint)_body.Length) return Fail(LineFault.MissingFieldValue, _at);
        byte first = _body[_at];
        if ((uint)(first - '0') <= 9 || first is (byte)'-' or (byte)'.') return ReadNumber();
        if (first == '"') return ReadText();
        if (first is (byte)',' or (byte)' ' || IsLineEnd(_at)) return Fail(LineFault.MissingFieldValue, _at);
        return ReadBoolean();
    }

    /// <summary>
    /// The usual numbers: up to 18 digits with i, u or nothing behind them, or with a point among them. A
    /// mantissa of up to 53 bits and a power of ten that a double holds exactly give the nearest double by
    /// one division (W. D. Clinger, "How to read floating point numbers accurately", 1990). Everything else
    /// goes the long way.
    /// </summary>
    private bool ReadNumber()
    {
        int start = _at;
        bool negative = _body[start] == '-';
        if (negative) _at++;
        ulong magnitude = 0;
        int digits = ReadDigits(ref magnitude);
        byte stop = (uint)_at < (uint)_body.Length ? _body[_at] : (byte)'\n';
        if (digits is 0 or > DigitsSafe) return ReadUnusualNumber(start);
        switch (stop)
        {
            case (byte)'i':
                _at++;
                FieldType = FieldType.Int64;
                FieldBits = negative ? -(long)magnitude : (long)magnitude;
                return IsValueEnd() || ReadUnusualNumber(start);
            case (byte)'.':
                _at++;
                int fraction = ReadDigits(ref magnitude);
                if (fraction == 0 || digits + fraction > DigitsSafe) return ReadUnusualNumber(start);
                return ReadExactDouble(start, magnitude, fraction, negative);
            case (byte)',' or (byte)' ' or (byte)'\n' or (byte)'\r':
                return ReadExactDouble(start, magnitude, 0, negative);
            default:
                return ReadUnusualNumber(start);
        }
    }

    private bool ReadExactDouble(int start, ulong magnitude, int fractionDigits, bool negative)
    {
        if (magnitude > ExactDoubleMax || !IsValueEnd()) return ReadUnusualNumber(start);
        double value = magnitude / Digits.ExactPowersOfTen[fractionDigits];
        FieldType = FieldType.Float64;
        FieldBits = BitConverter.DoubleToInt64Bits(negative ? -value : value);
        return true;
    }

    private bool ReadUnusualNumber(int start)
    {
        int step = _body[start..].IndexOfAny(LineBytes.ValueStops);
        _at = step < 0 ? _body.Length : start + step;
        LineFault fault = NumberText.Read(_body[start.._at], out FieldType type, out long bits);
        (FieldType, FieldBits) = (type, bits);
        return fault == LineFault.None || Fail(fault, start);
    }

    private bool ReadBoolean()
    {
        int start = _at;
        int step = _body[start..].IndexOfAny(LineBytes.ValueStops);
        int end = step < 0 ? _body.Length : start + step;
        ReadOnlySpan<byte> token = _body[start..end];
        bool isTrue =
            token.SequenceEqual("t"u8) || token.SequenceEqual("true"u8) || token.SequenceEqual("T"u8)
            || token.SequenceEqual("True"u8) || token.SequenceEqual("TRUE"u8);
        bool isFalse =
            token.SequenceEqual("f"u8) || token.SequenceEqual("false"u8) || token.SequenceEqual("F"u8)
            || token.SequenceEqual("False"u8) || token.SequenceEqual("FALSE"u8);
        if (!isTrue && !isFalse)
        {
            return Fail(
                NumberText.IsNotFinite(token) ? LineFault.NotFinite : LineFault.InvalidBoolean, start);
        }

        _at = end;
        FieldType = FieldType.Boolean;
        FieldBits = isTrue ? 1 : 0;
        return true;
    }

    private bool ReadText()
    {
        int start = _at + 1;
        int at = start;
        bool escaped = false;
        while (true)
        {
            int step = _body[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (step < 0 || at + step + 1 >= _body.Length && _body[at + step] == '\\')
                return Fail(LineFault.UnbalancedQuotes, start - 1);
            at += step;
            if (_body[at] == '"') break;
            escaped = true;
            at += _body[at + 1] is (byte)'"' or (byte)'\\' ? 2 : 1;
        }

        FieldText = _body[start..at];
        FieldTextIsEscaped = escaped;
        FieldType = FieldType.String;
        _at = at + 1;
        return BodyIsUtf8 || LineBytes.IsUtf8(FieldText) || Fail(LineFault.InvalidUtf8, start);
    }

    private bool ReadValueEnd()
    {
        if ((uint)_at < (uint)_body.Length)
        {
            if (_body[_at] == ',')
            {
                _at++;
                _section = Section.Field;
                if ((uint)_at < (uint)_body.Length) return true;
                return Fail(LineFault.InvalidFieldFormat, _at);
            }

            if (_body[_at] == ' ')
            {
                SkipSpaces();
                if ((uint)_at < (uint)_body.Length && !IsLineEnd(_at))
                {
                    _section = Section.Time;
                    return true;
                }
            }
        }

        if (!TakeLineEnd())
        {
            return Fail(FieldType switch
            {
                FieldType.String => LineFault.UnbalancedQuotes,
                FieldType.Boolean => LineFault.InvalidBoolean,
                _ => LineFault.InvalidNumber,
            }, _at);
        }

        _section = Section.Ended;
        return true;
    }

    private readonly bool IsValueEnd() => (uint)_at >= (uint)_body.Length
        || _body[_at] is (byte)',' or (byte)' ' or (byte)'\n' or (byte)'\r';

    /// <summary>
    /// Takes digits and appends them to a number, which wraps if there are too many; returns how many.
    /// </summary>
    private int ReadDigits(ref ulong magnitude)
    {
        int start = _at;
        ReadOnlySpan<byte> rest = _body[start..];
        ulong value = magnitude;
        int at = 0;
        while (rest.Length - at >= Digits.WordBytes)
        {
            int digits = Digits.ReadUpToEight(rest[at..], out uint part);
            value = unchecked((value * Digits.PowersOfTen[digits]) + part);
            at += digits;
            if (digits == Digits.WordBytes) continue;
            magnitude = value;
            _at = start + at;
            return at;
        }

        while ((uint)at < (uint)rest.Length)
        {
            uint digit = (uint)rest[at] - '0';
            if (digit > 9) break;
            value = unchecked((value * 10) + digit);
            at++;
        }

        magnitude = value;
        _at = start + at;
        return at;
    }
}
