using System.Buffers.Binary;
using TsDb.Model;

namespace TsDb.Codec.Wal;

/// <summary>
/// The inside of a frame: pieces of bytes, each with its length in front. Format: FORMAT.md.
/// </summary>
public static class WalPayload
{
    private const int LengthBytes = sizeof(int);

    /// <summary>Bytes that the pieces take in a payload.</summary>
    public static long LengthOf(IEnumerable<ReadOnlyMemory<byte>> pieces) =>
        pieces.Sum(piece => LengthBytes + (long)piece.Length);

    /// <summary>
    /// Writes the pieces one behind the other; <paramref name="destination"/> has exactly the room they take.
    /// </summary>
    public static void Write(Span<byte> destination, IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        foreach (ReadOnlyMemory<byte> piece in pieces)
        {
            BinaryPrimitives.WriteInt32LittleEndian(destination, piece.Length);
            piece.Span.CopyTo(destination[LengthBytes..]);
            destination = destination[(LengthBytes + piece.Length)..];
        }
    }

    /// <summary>
    /// The pieces in order, as parts of the payload. Throws <see cref="ErrorKind.Corrupt"/> if a length
    /// points behind the payload.
    /// </summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Read(ReadOnlyMemory<byte> payload)
    {
        List<ReadOnlyMemory<byte>> pieces = [];
        while (!payload.IsEmpty)
        {
            int length = payload.Length < LengthBytes
                ? -1
                : BinaryPrimitives.ReadInt32LittleEndian(payload.Span);
            if (length < 0 || length > payload.Length - LengthBytes)
                throw new TsDbException(
                    ErrorKind.Corrupt, $"a log frame ends inside a piece: {payload.Length} bytes left");
            pieces.Add(payload.Slice(LengthBytes, length));
            payload = payload[(LengthBytes + length)..];
        }

        return pieces;
    }
}
