using Apache.Arrow;

namespace TsDb.Adapters.DuckDb;

/// <summary>
/// Copies rows of one column of one batch into a vector of DuckDB. Feeds are immutable, so any thread may use
/// one.
/// </summary>
internal abstract class ColumnFeed
{
    /// <summary>Writes the rows from <paramref name="start"/> on to rows 0, 1, ... of the vector.</summary>
    public abstract void Fill(nint vector, int start, int count);
}

/// <summary>A column that the batch does not have: every row is null.</summary>
internal sealed class NullFeed : ColumnFeed
{
    public static NullFeed Instance { get; } = new();

    public override void Fill(nint vector, int start, int count) => Validity.SetNull(vector, 0, count);
}

/// <summary>
/// Values whose bytes are the same in Arrow and in DuckDB: integers, floats, dates, times, timestamps.
/// </summary>
internal sealed unsafe class FixedFeed(ArrayData data, int bytesWidth) : ColumnFeed
{
    public override void Fill(nint vector, int start, int count)
    {
        int first = (data.Offset + start) * bytesWidth;
        data.Buffers[1].Span.Slice(first, count * bytesWidth)
            .CopyTo(new Span<byte>(DuckDbNative.VectorGetData(vector), count * bytesWidth));
        Validity.Copy(data, vector, start, 0, count);
    }
}

/// <summary>Booleans: a bit in Arrow, a byte in DuckDB.</summary>
internal sealed unsafe class BooleanFeed(ArrayData data) : ColumnFeed
{
    public override void Fill(nint vector, int start, int count)
    {
        ReadOnlySpan<byte> bits = data.Buffers[1].Span;
        Span<byte> target = new(DuckDbNative.VectorGetData(vector), count);
        int bit = data.Offset + start;
        for (int i = 0; i < count; i++, bit++) target[i] = (byte)((bits[bit >> 3] >> (bit & 7)) & 1);
        Validity.Copy(data, vector, start, 0, count);
    }
}

/// <summary>Decimals: always 128 bits in Arrow, as narrow as the width allows in DuckDB.</summary>
internal sealed unsafe class DecimalFeed(ArrayData data, int bytesWidth) : ColumnFeed
{
    private const int ArrowBytesWidth = 16;

    public override void Fill(nint vector, int start, int count)
    {
        ReadOnlySpan<byte> values = data.Buffers[1].Span[((data.Offset + start) * ArrowBytesWidth)..];
        Span<byte> target = new(DuckDbNative.VectorGetData(vector), count * bytesWidth);
        for (int i = 0; i < count; i++)
        {
            // Little endian: the low bytes come first, and the width says that the high ones only repeat the
            // sign.
            values.Slice(i * ArrowBytesWidth, bytesWidth).CopyTo(target[(i * bytesWidth)..]);
        }

        Validity.Copy(data, vector, start, 0, count);
    }
}

/// <summary>Intervals: months, days, nanoseconds in Arrow; months, days, microseconds in DuckDB.</summary>
internal sealed unsafe class IntervalFeed(ArrayData data) : ColumnFeed
{
    private const int BytesWidth = 16;

    public override void Fill(nint vector, int start, int count)
    {
        ReadOnlySpan<byte> values =
            data.Buffers[1].Span.Slice((data.Offset + start) * BytesWidth, count * BytesWidth);
        Span<byte> target = new(DuckDbNative.VectorGetData(vector), count * BytesWidth);
        values.CopyTo(target);
        Span<long> halves = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(target);
        for (int i = 0; i < count; i++) halves[2 * i + 1] /= 1_000;
        Validity.Copy(data, vector, start, 0, count);
    }
}
