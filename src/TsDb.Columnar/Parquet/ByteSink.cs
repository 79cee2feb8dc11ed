using System.Buffers.Binary;

namespace TsDb.Columnar.Parquet;

/// <summary>
/// A growing run of bytes with the few integer forms that Parquet uses. Reused from page to page.
/// </summary>
internal sealed class ByteSink
{
    private byte[] _bytes = new byte[4096];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    public void Clear() => Length = 0;

    /// <summary>Gives back all but the first <paramref name="length"/> bytes.</summary>
    public void Trim(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Length = length;
    }

    /// <summary>Room for <paramref name="length"/> bytes at the end, which count as written.</summary>
    public Span<byte> Take(int length)
    {
        int start = Length;
        Length = checked(start + length);
        if (Length > _bytes.Length)
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(Length, _bytes.Length * 2L)));
        return _bytes.AsSpan(start, length);
    }

    public void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    public void Write(byte value) => Take(1)[0] = value;

    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Take(sizeof(int)), value);

    public void WriteInt32(int value, int at) =>
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(at), value);

    /// <summary>Unsigned LEB128.</summary>
    public void WriteVarint(ulong value)
    {
        while (value >= 0x80)
        {
            Write((byte)(value | 0x80));
            value >>= 7;
        }

        Write((byte)value);
    }

    /// <summary>Signed numbers near zero in few bytes.</summary>
    public void WriteZigZag(long value) => WriteVarint((ulong)((value << 1) ^ (value >> 63)));
}
