using TsDb.Model;

namespace TsDb.Columnar.Parquet;

/// <summary>
/// Parquet's RLE / bit-packed hybrid (Encodings.md, "Run Length Encoding / Bit-Packing Hybrid"): runs of
/// eight or more equal numbers, or shorter ones that packing would not make smaller, as a count and a value;
/// everything between them packed in groups of eight.
/// </summary>
internal sealed class RleHybrid(ByteSink sink, int width)
{
    private const int GroupValues = 8;

    /// <summary>From so many packed bits on a short run costs less as a run.</summary>
    private const int RunBitsMin = 24;

    private ulong[] _pending = new ulong[64];
    private int _pendingCount;
    private int _value = -1;
    private int _count;

    /// <summary>Appends <paramref name="count"/> times the value.</summary>
    public void Add(int value, int count)
    {
        if (value != _value)
        {
            EndRun();
            _value = value;
        }

        _count += count;
    }

    /// <summary>
    /// Writes what is pending; the last group is filled up with zeros, which readers do not count.
    /// </summary>
    public void End()
    {
        EndRun();
        while (_pendingCount % GroupValues != 0) Pend(0);
        FlushPending();
    }

    /// <summary>
    /// Fills <paramref name="values"/>; throws <see cref="ErrorKind.Corrupt"/> if the bytes hold fewer.
    /// </summary>
    public static void Decode(ReadOnlySpan<byte> source, int width, Span<int> values)
    {
        if (width is < 0 or > 32) throw Damage.Found($"an index of {width} bits");
        ByteSource bytes = new(source);
        Span<ulong> packed = stackalloc ulong[512];
        for (int at = 0; at < values.Length;)
        {
            ulong header = bytes.ReadVarint();
            int left = values.Length - at;
            if ((header & 1) == 0)
            {
                int value = ReadValue(ref bytes, width);
                int run = (int)Math.Min((ulong)left, header >> 1);
                if (run == 0) throw Damage.Found("a run without values");
                values.Slice(at, run).Fill(value);
                at += run;
                continue;
            }

            ulong groups = header >> 1;
            if (groups == 0 || groups > int.MaxValue / 64)
                throw Damage.Found($"{groups} packed groups");
            int count = (int)Math.Min((ulong)left, groups * GroupValues);
            ReadOnlySpan<byte> data = bytes.Take(BitPacking.BytesOf((int)groups * GroupValues, width));
            for (int done = 0; done < count; done += packed.Length)
            {
                // 512 numbers fill whole bytes at every width.
                Span<ulong> part = packed[..Math.Min(packed.Length, count - done)];
                BitPacking.Unpack(data[(done / GroupValues * width)..], width, part);
                for (int i = 0; i < part.Length; i++) values[at + done + i] = (int)part[i];
            }

            at += count;
        }
    }

    private static int ReadValue(ref ByteSource bytes, int width)
    {
        int value = 0;
        for (int shift = 0; shift < width; shift += 8) value |= bytes.ReadByte() << shift;
        return value;
    }

    private void EndRun()
    {
        int fill = Math.Min(_count, (GroupValues - (_pendingCount % GroupValues)) % GroupValues);
        if (_count - fill < GroupValues && (_count - fill) * width < RunBitsMin) fill = _count;
        for (int i = 0; i < fill; i++) Pend((ulong)_value);
        _count -= fill;
        if (_count == 0) return;
        FlushPending();
        sink.WriteVarint((ulong)_count << 1);
        for (int shift = 0; shift < width; shift += 8) sink.Write((byte)(_value >> shift));
        _count = 0;
    }

    private void Pend(ulong value)
    {
        if (_pendingCount == _pending.Length) Array.Resize(ref _pending, _pending.Length * 2);
        _pending[_pendingCount++] = value;
    }

    private void FlushPending()
    {
        if (_pendingCount == 0) return;
        sink.WriteVarint((ulong)((_pendingCount / GroupValues << 1) | 1));
        BitPacking.Pack(
            _pending.AsSpan(0, _pendingCount), width, sink.Take(BitPacking.BytesOf(_pendingCount, width)));
        _pendingCount = 0;
    }
}
