using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TsDb.Columnar.Parquet;

namespace TsDb.Columnar.Packing;

/// <summary>
/// Whole numbers in as few bytes as the widest of a column needs: the least one is taken off, the rest is
/// divided by a unit that divides them all, and each takes 0, 1, 2, 4 or 8 bytes. FORMAT.md draws it.
/// </summary>
internal static class WordPacking
{
    // Times are mostly whole seconds, milliseconds or microseconds, counted in nanoseconds.
    private static ReadOnlySpan<ulong> TimeUnits => [1_000_000_000, 1_000_000, 1_000];

    /// <summary>Writes numbers; none takes fewer bytes than <paramref name="widthMin"/>.</summary>
    public static void Write(ReadOnlySpan<long> words, ByteSink sink, int widthMin = 0)
    {
        (long min, long max) = WordBounds.Of(words);
        WriteScaled(words, min, Spread(min, max), 1, widthMin, sink);
    }

    /// <summary>Writes times in nanoseconds.</summary>
    public static void WriteTimes(ReadOnlySpan<long> times, ByteSink sink)
    {
        (long min, long max) = WordBounds.Of(times);
        ulong unit = UnitOf(times, min);
        WriteScaled(times, min, Spread(min, max) / unit, unit, 0, sink);
    }

    /// <summary>
    /// Fills <paramref name="words"/>; throws <see cref="Model.ErrorKind.Corrupt"/> if the bytes hold fewer
    /// or a width that is none.
    /// </summary>
    public static void Read(ref ByteSource source, Span<long> words)
    {
        int width = source.ReadByte();
        long min = BinaryPrimitives.ReadInt64LittleEndian(source.Take(sizeof(long)));
        long unit = BinaryPrimitives.ReadInt64LittleEndian(source.Take(sizeof(long)));
        switch (width)
        {
            case 0: words.Fill(min); break;
            case 1: Widen<byte>(Take(ref source, words.Length, width), words, min, unit); break;
            case 2: Widen<ushort>(Take(ref source, words.Length, width), words, min, unit); break;
            case 4: Widen<uint>(Take(ref source, words.Length, width), words, min, unit); break;
            case 8: Widen<ulong>(Take(ref source, words.Length, width), words, min, unit); break;
            default: throw Damage.Found($"numbers of {width} bytes");
        }
    }

    private static ReadOnlySpan<byte> Take(ref ByteSource source, int count, int width) =>
        (long)count * width > int.MaxValue
            ? throw Damage.Found($"{count} numbers of {width} bytes")
            : source.Take(count * width);

    private static ulong Spread(long min, long max) => unchecked((ulong)max - (ulong)min);

    private static ulong UnitOf(ReadOnlySpan<long> times, long min)
    {
        foreach (ulong unit in TimeUnits)
        {
            long last = min;
            bool divides = true;
            for (int i = 0; i < times.Length && divides; i++)
            {
                // Points of one moment follow each other: their division is done once.
                if (times[i] == last) continue;
                last = times[i];
                divides = Spread(min, last) % unit == 0;
            }

            if (divides) return unit;
        }

        return 1;
    }

    private static void WriteScaled(
        ReadOnlySpan<long> words, long min, ulong spread, ulong unit, int widthMin, ByteSink sink)
    {
        int width = Math.Max(widthMin, spread switch
        {
            0 => 0,
            <= byte.MaxValue => 1,
            <= ushort.MaxValue => 2,
            <= uint.MaxValue => 4,
            _ => 8,
        });
        sink.Write((byte)width);
        BinaryPrimitives.WriteInt64LittleEndian(sink.Take(sizeof(long)), min);
        BinaryPrimitives.WriteUInt64LittleEndian(sink.Take(sizeof(ulong)), unit);
        Span<byte> room = sink.Take(checked(words.Length * width));
        switch (width)
        {
            case 0: break;
            case 1: Narrow(words, min, unit, room); break;
            case 2: Narrow(words, min, unit, MemoryMarshal.Cast<byte, ushort>(room)); break;
            case 4: Narrow(words, min, unit, MemoryMarshal.Cast<byte, uint>(room)); break;
            default: Narrow(words, min, unit, MemoryMarshal.Cast<byte, ulong>(room)); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow<T>(ReadOnlySpan<long> words, long min, ulong unit, Span<T> narrow)
        where T : unmanaged, System.Numerics.INumberBase<T>
    {
        if (unit == 1)
        {
            for (int i = 0; i < narrow.Length && i < words.Length; i++)
                narrow[i] = T.CreateTruncating(unchecked((ulong)words[i] - (ulong)min));
            return;
        }

        (long last, T quotient) = (min, T.Zero);
        for (int i = 0; i < narrow.Length && i < words.Length; i++)
        {
            if (words[i] != last)
            {
                last = words[i];
                quotient = T.CreateTruncating(Spread(min, last) / unit);
            }

            narrow[i] = quotient;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Widen<T>(ReadOnlySpan<byte> bytes, Span<long> words, long min, long unit)
        where T : unmanaged, System.Numerics.INumberBase<T>
    {
        ReadOnlySpan<T> narrow = MemoryMarshal.Cast<byte, T>(bytes);
        for (int i = 0; i < words.Length && i < narrow.Length; i++)
            words[i] = unchecked((long.CreateTruncating(narrow[i]) * unit) + min);
    }
}
