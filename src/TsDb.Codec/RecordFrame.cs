using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using TsDb.Model;

namespace TsDb.Codec;

/// <summary>
/// One record of a record log. Little-endian: magic uint32, payload length uint32, sequence uint64, XxHash3
/// (seed 0) of file id, length, sequence and payload uint64, payload. The file id and the sequence in the
/// checksum make bytes of another file, or of another place in this one, invalid.
/// </summary>
public static class RecordFrame
{
    /// <summary>The first four bytes of every frame.</summary>
    public const uint Magic = 0x43455254;

    /// <summary>Bytes before the payload.</summary>
    public const int HeaderLength = 24;

    /// <summary>Largest payload that is written or taken.</summary>
    public const int PayloadBytesMax = 64 << 20;

    private const int HashedNumbersLength = 16 + sizeof(uint) + sizeof(ulong);

    /// <summary>The frame of a payload.</summary>
    public static byte[] Encode(Guid file, ulong sequence, ReadOnlySpan<byte> payload)
    {
        if (payload.Length > PayloadBytesMax)
        {
            throw new TsDbException(
                ErrorKind.TooLarge,
                $"a record of {payload.Length} bytes is above the limit of {PayloadBytesMax}");
        }

        byte[] frame = new byte[HeaderLength + payload.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(4), (uint)payload.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(8), sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(16), HashOf(file, sequence, payload));
        payload.CopyTo(frame.AsSpan(HeaderLength));
        return frame;
    }

    /// <summary>
    /// Takes the frame at the start of <paramref name="bytes"/>; false if there is no whole, intact frame of
    /// that file and sequence.
    /// </summary>
    [SuppressMessage("Design", "CA1021", Justification = "The pattern of every TryDecode.")]
    public static bool TryDecode(
        ReadOnlyMemory<byte> bytes, Guid file, ulong sequence, out ReadOnlyMemory<byte> payload)
    {
        payload = default;
        ReadOnlySpan<byte> span = bytes.Span;
        if (span.Length < HeaderLength) return false;
        if (BinaryPrimitives.ReadUInt32LittleEndian(span) != Magic) return false;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(span[4..]);
        if (length > PayloadBytesMax || length > span.Length - HeaderLength) return false;
        if (BinaryPrimitives.ReadUInt64LittleEndian(span[8..]) != sequence) return false;
        ReadOnlyMemory<byte> body = bytes.Slice(HeaderLength, (int)length);
        ulong hash = BinaryPrimitives.ReadUInt64LittleEndian(span[16..]);
        if (hash != HashOf(file, sequence, body.Span)) return false;
        payload = body;
        return true;
    }

    /// <summary>The sequence that a frame states; 0 if the bytes are too short for one.</summary>
    public static ulong SequenceOf(ReadOnlySpan<byte> bytes) =>
        bytes.Length < HeaderLength ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);

    private static ulong HashOf(Guid file, ulong sequence, ReadOnlySpan<byte> payload)
    {
        Span<byte> numbers = stackalloc byte[HashedNumbersLength];
        file.TryWriteBytes(numbers, bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32LittleEndian(numbers[16..], (uint)payload.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(numbers[20..], sequence);
        XxHash3 hash = new();
        hash.Append(numbers);
        hash.Append(payload);
        return hash.GetCurrentHashAsUInt64();
    }
}
