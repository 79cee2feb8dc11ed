using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TsDb.Columnar.Parquet;

/// <summary>Numbers of a fixed width of 0 to 64 bits side by side, least significant bit first.</summary>
internal static class BitPacking
{
    /// <summary>Bits that hold every number up to <paramref name="max"/>.</summary>
    public static int WidthOf(ulong max) => 64 - BitOperations.LeadingZeroCount(max);

    /// <summary>
    /// Bytes of <paramref name="count"/> numbers; the last byte may be filled up with zeros.
    /// </summary>
    public static int BytesOf(int count, int width) => checked((int)(((long)count * width + 7) / 8));

    public static void Pack(ReadOnlySpan<ulong> values, int width, Span<byte> destination)
    {
        if (width == 0) return;
        ulong pending = 0;
        int bits = 0;
        int at = 0;
        foreach (ulong value in values)
        {
            pending |= value << bits;
            bits += width;
            if (bits < 64) continue;
            BinaryPrimitives.WriteUInt64LittleEndian(destination[at..], pending);
            at += sizeof(ulong);
            bits -= 64;
            pending = bits == 0 ? 0 : value >> (width - bits);
        }

        for (; bits > 0; bits -= 8, pending >>= 8) destination[at++] = (byte)pending;
    }

    /// <summary>
    /// Reads <c>values.Length</c> numbers; <paramref name="source"/> holds at least their bytes.
    /// </summary>
    public static void Unpack(ReadOnlySpan<byte> source, int width, Span<ulong> values)
    {
        if (width == 0)
        {
            values.Clear();
            return;
        }

        ulong mask = width == 64 ? ulong.MaxValue : (1UL << width) - 1;
        int safe = width > 57 ? 0 : SafeCount(source.Length, width, values.Length);
        long bit = 0;
        for (int i = 0; i < safe; i++, bit += width)
        {
            // SafeCount leaves eight bytes behind the first bit of each of these numbers.
            ulong word = MemoryMarshal.Read<ulong>(source.Slice((int)(bit >> 3), sizeof(ulong)));
            values[i] = (word >> (int)(bit & 7)) & mask;
        }

        for (int i = safe; i < values.Length; i++, bit += width)
            values[i] = ReadSlowly(source, bit, width) & mask;
    }

    private static int SafeCount(int bytes, int width, int count) =>
        bytes < sizeof(ulong) ? 0 : (int)Math.Min(count, ((long)(bytes - sizeof(ulong)) * 8 / width) + 1);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong ReadSlowly(ReadOnlySpan<byte> source, long bit, int width)
    {
        ulong value = 0;
        for (int got = 0; got < width;)
        {
            int inByte = (int)((bit + got) & 7);
            value |= (ulong)(source[(int)((bit + got) >> 3)] >> inByte) << got;
            got += 8 - inByte;
        }

        return value;
    }
}
