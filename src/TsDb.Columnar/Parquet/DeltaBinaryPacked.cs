using TsDb.Model;

namespace TsDb.Columnar.Parquet;

/// <summary>
/// Parquet's DELTA_BINARY_PACKED (github.com/apache/parquet-format/blob/master/Encodings.md, "Delta
/// Encoding"): blocks of 128 differences, each less the block's smallest, in four miniblocks of 32 with a
/// width of their own. Differences wrap around, so every 64-bit number is exact, signed or unsigned.
/// </summary>
internal static class DeltaBinaryPacked
{
    private const int BlockValues = 128;
    private const int Miniblocks = 4;
    private const int MiniblockValues = BlockValues / Miniblocks;

    public static void Encode(ReadOnlySpan<long> values, ByteSink sink)
    {
        sink.WriteVarint(BlockValues);
        sink.WriteVarint(Miniblocks);
        sink.WriteVarint((ulong)values.Length);
        sink.WriteZigZag(values.IsEmpty ? 0 : values[0]);
        Span<long> deltas = stackalloc long[BlockValues];
        Span<ulong> packed = stackalloc ulong[BlockValues];
        for (int start = 1; start < values.Length; start += BlockValues)
        {
            int count = Math.Min(BlockValues, values.Length - start);
            long min = long.MaxValue;
            for (int i = 0; i < count; i++)
            {
                long delta = unchecked(values[start + i] - values[start + i - 1]);
                deltas[i] = delta;
                min = Math.Min(min, delta);
            }

            for (int i = 0; i < count; i++) packed[i] = unchecked((ulong)(deltas[i] - min));
            packed[count..].Clear();
            sink.WriteZigZag(min);
            WriteMiniblocks(packed, (count + MiniblockValues - 1) / MiniblockValues, sink);
        }
    }

    /// <summary>
    /// Fills <paramref name="values"/>; throws <see cref="ErrorKind.Corrupt"/> if there are not that many.
    /// </summary>
    public static void Decode(ReadOnlySpan<byte> source, Span<long> values)
    {
        ByteSource bytes = new(source);
        int blockValues = bytes.ReadCount(1 << 16);
        int miniblocks = bytes.ReadCount(1 << 10);
        int count = bytes.ReadCount(int.MaxValue);
        if (miniblocks == 0 || blockValues == 0 || blockValues % (miniblocks * 32) != 0
            || count != values.Length)
            throw Damage.Found($"{count} packed numbers where {values.Length} belong");
        long last = bytes.ReadZigZag();
        if (values.IsEmpty) return;
        values[0] = last;
        int perMiniblock = blockValues / miniblocks;
        Span<ulong> packed = perMiniblock <= 512 ? stackalloc ulong[perMiniblock] : new ulong[perMiniblock];
        for (int at = 1; at < values.Length;)
        {
            long min = bytes.ReadZigZag();
            ReadOnlySpan<byte> widths = bytes.Take(miniblocks);
            for (int m = 0; m < miniblocks && at < values.Length; m++)
            {
                if (widths[m] > 64) throw Damage.Found($"a number of {widths[m]} bits");
                ReadOnlySpan<byte> data = bytes.Take(BitPacking.BytesOf(perMiniblock, widths[m]));
                Span<long> into = values.Slice(at, Math.Min(perMiniblock, values.Length - at));
                last = Add(data, widths[m], min, last, packed[..into.Length], into);
                at += into.Length;
            }
        }
    }

    private static long Add(
        ReadOnlySpan<byte> data, int width, long min, long last, Span<ulong> packed, Span<long> into)
    {
        if (width == 0)
        {
            for (int i = 0; i < into.Length; i++) into[i] = last = unchecked(last + min);
            return last;
        }

        BitPacking.Unpack(data, width, packed);
        for (int i = 0; i < into.Length; i++) into[i] = last = unchecked(last + min + (long)packed[i]);
        return last;
    }

    private static void WriteMiniblocks(ReadOnlySpan<ulong> packed, int used, ByteSink sink)
    {
        Span<byte> widths = stackalloc byte[Miniblocks];
        widths.Clear();
        for (int m = 0; m < used; m++)
        {
            ulong all = 0;
            foreach (ulong value in packed.Slice(m * MiniblockValues, MiniblockValues)) all |= value;
            widths[m] = (byte)BitPacking.WidthOf(all);
        }

        sink.Write(widths);
        for (int m = 0; m < used; m++)
        {
            BitPacking.Pack(
                packed.Slice(m * MiniblockValues, MiniblockValues), widths[m],
                sink.Take(BitPacking.BytesOf(MiniblockValues, widths[m])));
        }
    }
}
