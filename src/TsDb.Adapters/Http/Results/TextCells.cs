using System.Buffers;
using System.Globalization;
using Apache.Arrow;

namespace TsDb.Adapters.Http.Results;

/// <summary>A value that JSON says between quotes and that needs no escape.</summary>
internal abstract class QuotedCell : CellWriter
{
    public override bool IsText => true;

    public override void WriteJson(int row, Utf8Buffer to)
    {
        to.Append('"');
        WritePlain(row, to);
        to.Append('"');
    }

    public abstract override void WritePlain(int row, Utf8Buffer to);
}

/// <summary>
/// Timestamps of any unit; SQL's infinite ones are null. Points have times in nanoseconds, of which every
/// number is one: there what SQL calls infinite is the last of all times and the second.
/// </summary>
internal sealed class TimestampCell(long unitsPerSecond) : QuotedCell
{
    private const long Infinity = long.MaxValue;
    private const long NegativeInfinity = -long.MaxValue;
    private const int SecondsPerDay = 86_400;
    private const long NanosecondsPerSecond = 1_000_000_000;

    // Rows follow each other in time: the day that one says, the next mostly says too.
    private readonly Utf8Buffer _dayText = new();
    private long _day = long.MinValue;
    private long[] _values = [];

    public override void Bind(IArrowArray array)
    {
        base.Bind(array);
        Copy(((TimestampArray)array).Values, ref _values);
    }

    public override bool IsNull(int row) =>
        base.IsNull(row)
        || (unitsPerSecond != NanosecondsPerSecond && _values[row] is Infinity or NegativeInfinity);

    public override void WritePlain(int row, Utf8Buffer to)
    {
        (long seconds, long fraction) = TimeText.FloorDivide(_values[row], unitsPerSecond);
        (long day, long second) = TimeText.FloorDivide(seconds, SecondsPerDay);
        if (day != _day)
        {
            _day = day;
            _dayText.Clear();
            TimeText.AppendDate(_dayText, day);
            _dayText.Append('T');
        }

        to.Append(_dayText.Written.Span);
        TimeText.AppendClock(to, (int)second, fraction, unitsPerSecond);
        to.Append('Z');
    }
}

/// <summary>Dates; SQL's infinite ones are null.</summary>
internal sealed class DateCell : QuotedCell
{
    private const int Infinity = int.MaxValue;
    private const int NegativeInfinity = -int.MaxValue;

    public override bool IsNull(int row) =>
        base.IsNull(row) || ((Date32Array)Array).Values[row] is Infinity or NegativeInfinity;

    public override void WritePlain(int row, Utf8Buffer to) =>
        TimeText.AppendDate(to, ((Date32Array)Array).Values[row]);
}

/// <summary>Times of day, in microseconds.</summary>
internal sealed class ClockCell : QuotedCell
{
    private const long UnitsPerSecond = 1_000_000;

    public override void WritePlain(int row, Utf8Buffer to)
    {
        (long seconds, long rest) = Math.DivRem(((Time64Array)Array).Values[row], UnitsPerSecond);
        TimeText.AppendClock(to, (int)seconds, rest, UnitsPerSecond);
    }
}

/// <summary>Intervals, as ISO 8601 durations.</summary>
internal sealed class IntervalCell : QuotedCell
{
    public override void WritePlain(int row, Utf8Buffer to)
    {
        var value = ((MonthDayNanosecondIntervalArray)Array).Values[row];
        decimal seconds = value.Nanoseconds / 1_000_000_000m;
        to.Append(string.Create(
            CultureInfo.InvariantCulture, $"P{value.Months}M{value.Days}DT{seconds:0.#########}S"));
    }
}

/// <summary>Text, or runs of texts whose rows are asked for in their order; escaped as RFC 8259 demands and
/// no further.</summary>
internal sealed class StringCell : CellWriter
{
    private static readonly SearchValues<byte> Special = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(c => (byte)c), (byte)'"', (byte)'\\']);

    private int[] _offsets = [];
    private byte[] _bytes = [];

    // Of runs: where each ends, how many there are (else none), and the one of the last row.
    private int[] _ends = [];
    private int _runs;
    private int _run;

    public override bool IsText => true;

    public override void Bind(IArrowArray array)
    {
        (_runs, _run) = (0, 0);
        if (array is RunEndEncodedArray encoded)
        {
            Int32Array ends = (Int32Array)encoded.RunEnds;
            Copy(ends.Values, ref _ends);
            _runs = ends.Length;
            array = encoded.Values;
        }

        base.Bind(array);
        StringArray strings = (StringArray)array;
        Copy(strings.ValueOffsets, ref _offsets);
        Copy(strings.ValueBuffer.Span, ref _bytes);
    }

    public override bool IsNull(int row) => HasNulls && base.IsNull(PlaceOf(row));

    public override void WriteJson(int row, Utf8Buffer to) => AppendQuoted(to, Bytes(row));

    public override void WritePlain(int row, Utf8Buffer to) => to.Append(Bytes(row));

    /// <summary>Says of each row whether it differs from the one before it; the first does.</summary>
    public void MarkChanges(Span<bool> changes)
    {
        changes[0] = true;
        if (_runs > 0)
        {
            foreach (int end in _ends.AsSpan(0, _runs - 1)) changes[end] = true;
            return;
        }

        for (int row = 1; row < changes.Length;)
        {
            // Rows of one length whose bytes repeat are the same text.
            int length = LengthOf(row - 1);
            int end = row;
            while (end < changes.Length && LengthOf(end) == length) end++;
            ReadOnlySpan<byte> before = _bytes.AsSpan(_offsets[row - 1].._offsets[end - 1]);
            int same = length == 0
                ? end - row
                : before.CommonPrefixLength(_bytes.AsSpan(_offsets[row].._offsets[end])) / length;
            row += same;
            if (row < changes.Length) changes[row++] = true;
        }

        if (!HasNulls) return;
        for (int row = 1; row < changes.Length; row++)
            if (IsAbsent(row) != IsAbsent(row - 1)) changes[row] = true;
    }

    /// <summary>Adds a JSON string.</summary>
    public static void AppendQuoted(Utf8Buffer to, ReadOnlySpan<byte> text)
    {
        to.Append('"');
        for (int next; (next = text.IndexOfAny(Special)) >= 0; text = text[(next + 1)..])
        {
            to.Append(text[..next]);
            AppendEscaped(to, text[next]);
        }

        to.Append(text);
        to.Append('"');
    }

    private static void AppendEscaped(Utf8Buffer to, byte character)
    {
        to.Append('\\');
        switch (character)
        {
            case (byte)'"': to.Append('"'); break;
            case (byte)'\\': to.Append('\\'); break;
            case (byte)'\n': to.Append('n'); break;
            case (byte)'\r': to.Append('r'); break;
            case (byte)'\t': to.Append('t'); break;
            case (byte)'\b': to.Append('b'); break;
            case (byte)'\f': to.Append('f'); break;
            default:
                to.Append("u00"u8);
                to.Append("0123456789abcdef"[character >> 4]);
                to.Append("0123456789abcdef"[character & 15]);
                break;
        }
    }

    private int LengthOf(int row) => _offsets[row + 1] - _offsets[row];

    private ReadOnlySpan<byte> Bytes(int row)
    {
        int place = PlaceOf(row);
        return _bytes.AsSpan(_offsets[place].._offsets[place + 1]);
    }

    // Where the row's text is.
    private int PlaceOf(int row)
    {
        if (_runs == 0) return row;
        while (_ends[_run] <= row) _run++;
        return _run;
    }
}

/// <summary>Bytes, as base 64.</summary>
internal sealed class BytesCell : QuotedCell
{
    public override void WritePlain(int row, Utf8Buffer to) =>
        to.AppendBase64(((BinaryArray)Array).GetBytes(row));
}
