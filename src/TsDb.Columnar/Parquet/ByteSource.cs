using TsDb.Model;

namespace TsDb.Columnar.Parquet;

/// <summary>
/// Reads what <see cref="ByteSink"/> wrote; every read past the end is <see cref="ErrorKind.Corrupt"/>.
/// </summary>
internal ref struct ByteSource(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly int Remaining => _rest.Length;

    /// <summary>What is not read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    public byte ReadByte() => Take(1)[0];

    public ReadOnlySpan<byte> Take(int length)
    {
        if ((uint)length > (uint)_rest.Length)
            throw Damage.Found($"{length} bytes are needed where {_rest.Length} are left");
        ReadOnlySpan<byte> taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }

    public int ReadInt32() => System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    public ulong ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte part = ReadByte();
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }

        throw Damage.Found("a number has more than ten bytes");
    }

    public long ReadZigZag()
    {
        ulong value = ReadVarint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A count or length that must fit the stated bound.</summary>
    public int ReadCount(int max)
    {
        ulong value = ReadVarint();
        return value <= (ulong)max
            ? (int)value
            : throw Damage.Found($"a count of {value} exceeds {max}");
    }
}
