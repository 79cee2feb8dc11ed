namespace TsDb.Codec.Csv;

/// <summary>
/// Takes CSV (RFC 4180) apart: cells with delimiters, quotes or line ends in them stand between quotes, a
/// quote in them is written twice. Lines end with LF or CR LF; blank lines are passed over.
/// </summary>
/// <remarks>A record with a fault costs its own first line only: what follows it is read.</remarks>
/// <param name="text">Whole records, and perhaps the beginning of another one.</param>
/// <param name="delimiter">What stands between two cells.</param>
/// <param name="isEnd">True if nothing follows the bytes, so that the last line needs no end.</param>
public ref struct CsvReader(ReadOnlySpan<byte> text, byte delimiter, bool isEnd)
{
    private readonly ReadOnlySpan<byte> _text = text;

    /// <summary>How far the bytes were read: the start of the next record.</summary>
    public int Offset { get; private set; }

    /// <summary>Where the last record starts.</summary>
    public int RecordStart { get; private set; }

    /// <summary>Line feeds before the last record.</summary>
    public int LinesBefore { get; private set; }

    /// <summary>What is wrong with the last record; null for nothing.</summary>
    public string? Fault { get; private set; }

    private int _linesCounted;

    /// <summary>
    /// Reads the next record into <paramref name="cells"/>. False if the bytes end before it does.
    /// </summary>
    public bool Read(List<CsvCell> cells)
    {
        cells.Clear();
        Fault = null;
        SkipBlankLines();
        if (Offset == _text.Length) return false;
        RecordStart = Offset;
        LinesBefore += _text[_linesCounted..Offset].Count((byte)'\n');
        _linesCounted = Offset;
        int at = Offset;
        while (true)
        {
            int end = at < _text.Length && _text[at] == '"' ? EndOfQuoted(at, cells) : EndOfPlain(at, cells);
            if (end < 0) return Fault is not null && SkipLine();
            if (end < _text.Length && _text[end] == delimiter)
            {
                at = end + 1;
                continue;
            }

            Offset = Math.Min(_text.Length, end + (end < _text.Length && _text[end] == '\r' ? 2 : 1));
            return true;
        }
    }

    /// <summary>Reads the next record as one with a fault: it grew beyond what the caller holds.</summary>
    public bool Refuse(string fault)
    {
        Fault = fault;
        return SkipLine();
    }

    private void SkipBlankLines()
    {
        while (Offset < _text.Length && IsLineEnd(Offset)) Offset += _text[Offset] == '\r' ? 2 : 1;
    }

    // A CR ends a line only together with its LF; a lone one at the end of the bytes is not decided yet.
    private readonly bool IsLineEnd(int at) =>
        _text[at] == '\n' || (_text[at] == '\r' && at + 1 < _text.Length && _text[at + 1] == '\n');

    private readonly int EndOfPlain(int start, List<CsvCell> cells)
    {
        for (int at = start; ; at++)
        {
            int step = _text[at..].IndexOfAny(delimiter, (byte)'\n', (byte)'\r');
            if (step < 0 && !isEnd) return -1;
            at = step < 0 ? _text.Length : at + step;
            if (at + 1 == _text.Length && _text[at] == '\r' && !isEnd) return -1;
            if (at < _text.Length && _text[at] != delimiter && !IsLineEnd(at)) continue;
            cells.Add(new CsvCell(start, at - start, IsQuoted: false, HasQuotes: false));
            return at;
        }
    }

    private int EndOfQuoted(int quote, List<CsvCell> cells)
    {
        bool hasQuotes = false;
        for (int at = quote + 1; ; at += 2)
        {
            int step = _text[at..].IndexOf((byte)'"');
            if (step < 0 && isEnd) Fault = "a quote is never closed";
            if (step < 0) return -1;
            at += step;
            if (at + 1 == _text.Length && !isEnd) return -1;
            if (at + 1 < _text.Length && _text[at + 1] == '"')
            {
                hasQuotes = true;
                if (at + 2 > _text.Length) return -1;
                continue;
            }

            cells.Add(new CsvCell(quote + 1, at - quote - 1, IsQuoted: true, hasQuotes));
            int end = at + 1;
            if (end == _text.Length || _text[end] == delimiter || IsLineEnd(end)) return end;
            if (_text[end] == '\r' && end + 1 == _text.Length && !isEnd) return -1;
            Fault = "text follows a closing quote";
            return -1;
        }
    }

    private bool SkipLine()
    {
        int step = _text[RecordStart..].IndexOf((byte)'\n');
        Offset = step < 0 ? _text.Length : RecordStart + step + 1;
        return true;
    }
}
