namespace TsDb.Codec.LineProtocol;

/// <summary>
/// Takes the first block of a line apart: measurement, then tags in the order written. A batch that repeats
/// its series needs this once per series and request, not once per line.
/// </summary>
public ref struct KeyReader
{
    private readonly bool _checkUtf8;
    private ReadOnlySpan<byte> _rest;
    private bool _more;

    /// <summary>Starts on the bytes that <see cref="LineReader.ReadKey"/> gave.</summary>
    /// <param name="key">Measurement and tags as written.</param>
    /// <param name="checkUtf8">True if the body as a whole is not known to be UTF-8.</param>
    public KeyReader(ReadOnlySpan<byte> key, bool checkUtf8 = true)
    {
        _checkUtf8 = checkUtf8;
        _rest = key;
    }

    /// <summary>The measurement as written, escapes included.</summary>
    public ReadOnlySpan<byte> Measurement { get; private set; }

    /// <summary>The name of the current tag as written.</summary>
    public ReadOnlySpan<byte> TagName { get; private set; }

    /// <summary>The value of the current tag as written.</summary>
    public ReadOnlySpan<byte> TagValue { get; private set; }

    /// <summary>Why the last call returned false; <see cref="LineFault.None"/> at the regular end.</summary>
    public LineFault Fault { get; private set; }

    /// <summary>Bytes not yet taken, so that an error can say where it is.</summary>
    public readonly int BytesLeft => _rest.Length;

    /// <summary>Reads the measurement; false with a fault if there is none.</summary>
    public bool ReadMeasurement()
    {
        int end = IndexOfUnescaped((byte)',', _rest);
        Measurement = end < 0 ? _rest : _rest[..end];
        if (Measurement.IsEmpty) return Fail(LineFault.MissingMeasurement);
        if (_checkUtf8 && !LineBytes.IsUtf8(Measurement)) return Fail(LineFault.InvalidUtf8);
        _more = end >= 0;
        _rest = end < 0 ? default : _rest[(end + 1)..];
        return true;
    }

    /// <summary>Reads the next tag; false at the end or with a fault.</summary>
    public bool NextTag()
    {
        if (!_more) return false;
        int equals = IndexOfUnescaped((byte)'=', _rest);
        int comma = IndexOfUnescaped((byte)',', equals < 0 ? _rest : _rest[..equals]);
        if (equals == 0 || comma == 0 || _rest.IsEmpty) return Fail(LineFault.MissingTagKey);
        if (equals < 0 || comma > 0) return Fail(LineFault.MissingTagValue);
        TagName = _rest[..equals];
        ReadOnlySpan<byte> value = _rest[(equals + 1)..];
        int end = IndexOfUnescaped((byte)',', value);
        TagValue = end < 0 ? value : value[..end];
        if (TagValue.IsEmpty) return Fail(LineFault.MissingTagValue);
        if (_checkUtf8 && !(LineBytes.IsUtf8(TagName) && LineBytes.IsUtf8(TagValue)))
            return Fail(LineFault.InvalidUtf8);
        _more = end >= 0;
        _rest = end < 0 ? default : value[(end + 1)..];
        return true;
    }

    /// <summary>
    /// Where the first control character of a measurement or a tag's name is; negative if there is none. Tag
    /// values may hold all but TAB, CR and LF, which no key holds at all.
    /// </summary>
    internal static int IndexOfControlInNames(ReadOnlySpan<byte> key)
    {
        bool isValue = false;
        bool isMeasurement = true;
        for (int at = 0; at < key.Length; at++)
        {
            byte here = key[at];
            if ((here < ' ' || here == 0x7F) && !isValue) return at;
            if (at > 0 && key[at - 1] == '\\') continue;
            if (here == ',') (isValue, isMeasurement) = (false, false);
            else if (here == '=' && !isMeasurement) isValue = true;
        }

        return -1;
    }

    /// <summary>
    /// A byte counts as escaped if a backslash stands right before it: pairs of backslashes mean nothing
    /// here.
    /// </summary>
    private static int IndexOfUnescaped(byte wanted, ReadOnlySpan<byte> bytes)
    {
        int from = 0;
        while (true)
        {
            int at = bytes[from..].IndexOf(wanted);
            if (at < 0) return -1;
            at += from;
            if (at == 0 || bytes[at - 1] != '\\') return at;
            from = at + 1;
        }
    }

    private bool Fail(LineFault fault)
    {
        Fault = fault;
        _more = false;
        return false;
    }
}
