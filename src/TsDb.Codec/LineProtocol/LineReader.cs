using System.Runtime.CompilerServices;
using TsDb.Model;

namespace TsDb.Codec.LineProtocol;

/// <summary>
/// Pulls points out of a body of line protocol without an object or a string per point. For each line call
/// <see cref="NextLine"/>, <see cref="ReadKey"/>, <see cref="NextField()"/> until it is false, <see
/// cref="ReadTime"/>; on a fault, or to refuse a line, <see cref="SkipLine"/>. A bad line is refused whole;
/// what follows it is read.
/// </summary>
/// <remarks>
/// A text may hold line feeds. A line with a fault therefore ends at the first line feed behind the place of
/// the fault, so that the inside of a text is never taken for points; but a quote that is never closed costs
/// its own line only. Time and memory are linear in the body whatever it holds.
/// </remarks>
public ref partial struct LineReader
{
    /// <summary>The longest that measurement, tags and one field name may be together.</summary>
    public const int KeyBytesMax = 65_535;

    private readonly ReadOnlySpan<byte> _body;
    private int _at;
    private int _lineStart;
    private int _keyLength;
    private int _lineEnd;
    private Section _section;

    // The last time that ended its line at once: where it is written, line feed included, and what it means.
    private int _timeStart;
    private int _timeLength;
    private long _timeRead;

    /// <summary>Starts at the first byte of a body.</summary>
    public LineReader(ReadOnlySpan<byte> body)
    {
        _body = body;
        BodyIsUtf8 = LineBytes.IsUtf8(body);
        _section = Section.Ended;
    }

    private enum Section : byte
    {
        /// <summary>The first block of the line is next.</summary>
        Key,

        /// <summary>Behind the key: spaces, then the first field.</summary>
        FirstField,

        /// <summary>Behind a comma: a field must follow.</summary>
        Field,

        /// <summary>The time is next.</summary>
        Time,

        /// <summary>The line was read to its end without a fault.</summary>
        Ended,

        /// <summary>The line has a fault.</summary>
        Failed,
    }

    /// <summary>True if the whole body is UTF-8; otherwise each name and text is checked by itself.</summary>
    public bool BodyIsUtf8 { get; }

    /// <summary>Why the last call returned false; <see cref="LineFault.None"/> at a regular end.</summary>
    public LineFault Fault { get; private set; }

    /// <summary>Where in the body the fault is.</summary>
    public int FaultOffset { get; private set; }

    /// <summary>Where in the body the current line starts, leading spaces left out.</summary>
    public readonly int LineStart => _lineStart;

    /// <summary>Where in the body the reader is.</summary>
    public readonly int Offset => _at;

    /// <summary>The field's name as written, escapes included.</summary>
    public readonly ReadOnlySpan<byte> FieldName => FieldNameAssigned[..^1];

    /// <summary>
    /// The field's name as written with the '=' behind it: the guess for the same place of the next line.
    /// </summary>
    public ReadOnlySpan<byte> FieldNameAssigned { get; private set; }

    /// <summary>The type that the value is written as.</summary>
    public FieldType FieldType { get; private set; }

    /// <summary>
    /// The value: the bits of a double, the integer, or 1 and 0 for true and false; nothing for a text.
    /// </summary>
    public long FieldBits { get; private set; }

    /// <summary>The text between the quotes as written.</summary>
    public ReadOnlySpan<byte> FieldText { get; private set; }

    /// <summary>True if the text holds backslashes (see <see cref="LineBytes.UnescapeText"/>).</summary>
    public bool FieldTextIsEscaped { get; private set; }

    /// <summary>
    /// The line as written, without its line end. To be asked after the line was read or skipped.
    /// </summary>
    public readonly ReadOnlySpan<byte> LineText => _body[_lineStart.._lineEnd].TrimEnd("\r\n"u8);

    /// <summary>
    /// Goes to the next line that is not blank and not a comment; false at the end of the body.
    /// </summary>
    public bool NextLine()
    {
        Fault = LineFault.None;
        while ((uint)_at < (uint)_body.Length)
        {
            switch (_body[_at])
            {
                case (byte)' ' or (byte)'\t' or (byte)'\n':
                    _at++;
                    break;
                case (byte)'\r' when _at + 1 == _body.Length || _body[_at + 1] == '\n':
                    _at++;
                    break;
                case (byte)'#' when IsComment(_at, out int end):
                    _at = end;
                    break;
                default:
                    _lineStart = _at;
                    _section = Section.Key;
                    return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Reads the first block as it is written: measurement and tags, not yet taken apart (see <see
    /// cref="KeyReader"/>). The same bytes always mean the same series.
    /// </summary>
    public bool ReadKey(out ReadOnlySpan<byte> key)
    {
        key = default;
        int at = _at;
        if (_body[at] == '#') return Fail(LineFault.ControlCharacter, at);
        bool holdsControls = false;
        while (true)
        {
            int step = _body[at..].IndexOfAny(LineBytes.KeyStops);
            at = step < 0 ? _body.Length : at + step;
            if (at == _body.Length || _body[at] is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r') break;
            if (_body[at] == '\\')
            {
                at += at + 1 < _body.Length && _body[at + 1] == ' ' ? 2 : 1;
                continue;
            }

            holdsControls = true;
            at++;
        }

        key = _body[_lineStart..at];
        _keyLength = key.Length;
        _at = at;
        if (at < _body.Length && _body[at] != ' ' && !IsLineEnd(at))
        {
            return Fail(at == _lineStart ? LineFault.MissingMeasurement : LineFault.ControlCharacter, at);
        }

        if (_keyLength > KeyBytesMax) return Fail(LineFault.KeyTooLong, _lineStart);
        int control = holdsControls ? KeyReader.IndexOfControlInNames(key) : -1;
        if (control >= 0)
        {
            LineFault fault = control == 0 ? LineFault.MissingMeasurement : LineFault.ControlCharacter;
            return Fail(fault, _lineStart + control);
        }

        _section = Section.FirstField;
        return true;
    }

    /// <summary>
    /// Takes a first block that the caller guessed, as batches repeat their series in the same order: to
    /// compare is cheaper than to search. <paramref name="guess"/> is what <see cref="ReadKey"/> gave for a
    /// line before. One that ends with a backslash is never taken: it would make the space behind it its own.
    /// </summary>
    public bool TryReadKey(ReadOnlySpan<byte> guess)
    {
        ReadOnlySpan<byte> rest = _body[_at..];
        if (_section != Section.Key || rest.Length <= guess.Length || rest[guess.Length] != ' '
            || guess.EndsWith("\\"u8) || !rest[..guess.Length].SequenceEqual(guess))
            return false;
        _keyLength = guess.Length;
        _at += guess.Length;
        _section = Section.FirstField;
        return true;
    }

    /// <summary>
    /// Reads the line's time in the units it is written in. <paramref name="given"/> is false if the line has
    /// none.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool ReadTime(out bool given, out long time)
    {
        given = _section == Section.Time;
        time = 0;
        if (!given) return _section == Section.Ended;
        int start = _at;
        // Points that were measured together are written together: most lines repeat the time before.
        if (_timeLength > 0 && _body[start..].StartsWith(_body.Slice(_timeStart, _timeLength)))
        {
            time = _timeRead;
            _at = _lineEnd = start + _timeLength;
            _section = Section.Ended;
            return true;
        }

        bool negative = _body[_at] == '-';
        if (negative) _at++;
        ulong magnitude = 0;
        int digits = ReadDigits(ref magnitude);
        if (digits == 0 || !IsTimeEnd()) return Fail(LineFault.BadTimestamp, start);
        if (digits > DigitsExact || magnitude > long.MaxValue)
        {
            if (NumberText.ReadInteger(_body[start.._at], out time) != LineFault.None)
                return Fail(LineFault.TimeOutOfRange, start);
        }
        else
        {
            time = negative ? -(long)magnitude : (long)magnitude;
        }

        int end = _at;
        SkipSpaces();
        if (!TakeLineEnd()) return Fail(LineFault.TextAfterTimestamp, _at);
        if (_at == end + 1) (_timeStart, _timeLength, _timeRead) = (start, _at - start, time);
        _section = Section.Ended;
        return true;
    }

    /// <summary>
    /// Leaves the current line: reads what is left of it, so that a text with line feeds is passed as a
    /// whole, and goes behind its end. Neither <see cref="Fault"/> nor its place change.
    /// </summary>
    public void SkipLine()
    {
        (LineFault fault, int offset) = (Fault, FaultOffset);
        if (_section == Section.Key) ReadKey(out _);
        while (NextField())
        {
        }

        if (_section == Section.Time) ReadTime(out _, out _);
        if (_section != Section.Ended)
        {
            _at = Math.Min(_body.Length, LineFeedFrom(_at) + 1);
            _lineEnd = _at;
            _section = Section.Ended;
        }

        (Fault, FaultOffset) = (fault, offset);
    }

    private readonly bool IsTimeEnd() =>
        (uint)_at >= (uint)_body.Length || _body[_at] == ' ' || IsLineEnd(_at);

    private readonly int LineFeedFrom(int at)
    {
        int step = _body[at..].IndexOf((byte)'\n');
        return step < 0 ? _body.Length : at + step;
    }

    /// <summary>
    /// A comment may hold anything but control characters; a TAB is welcome, a CR only before the LF.
    /// </summary>
    private readonly bool IsComment(int at, out int end)
    {
        end = LineFeedFrom(at);
        ReadOnlySpan<byte> text = _body[at..end];
        return !(text.EndsWith("\r"u8) ? text[..^1] : text).ContainsAny(LineBytes.CommentStops);
    }

    /// <summary>A line ends with LF, CR LF, or a CR that is the body's last byte.</summary>
    private readonly bool IsLineEnd(int at) => _body[at] == '\n'
        || (_body[at] == '\r' && (at + 1 == _body.Length || _body[at + 1] == '\n'));

    private bool TakeLineEnd()
    {
        if ((uint)_at < (uint)_body.Length)
        {
            if (_body[_at] == '\n') _at++;
            else if (IsLineEnd(_at)) _at = Math.Min(_body.Length, _at + 2);
            else return false;
        }

        _lineEnd = _at;
        return true;
    }

    private void SkipSpaces()
    {
        while ((uint)_at < (uint)_body.Length && _body[_at] == ' ') _at++;
    }

    private bool Fail(LineFault fault, int offset)
    {
        (Fault, FaultOffset, _section) = (fault, offset, Section.Failed);
        return false;
    }
}
