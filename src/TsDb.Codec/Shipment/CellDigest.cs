using System.Buffers.Binary;
using System.Security.Cryptography;
using TsDb.Model;

namespace TsDb.Codec.Shipment;

/// <summary>The set of leaves of one (cell, incarnation) in a few bytes: equal digests mean equal sets.</summary>
/// <param name="Cell">The cell.</param>
/// <param name="Incarnation">The incarnation whose leaves are meant.</param>
/// <param name="LeafCount">Number of leaves.</param>
/// <param name="OrdinalMax">The highest ordinal among them; 0 when there is none.</param>
/// <param name="Digest">See <see cref="Of"/>.</param>
public sealed record CellDigest(Cell Cell, Incarnation Incarnation, long LeafCount, long OrdinalMax, ContentHash Digest)
{
    /// <summary>
    /// SHA-256 over every leaf by ascending ordinal, then hash: the ordinal as int64 little-endian, the 32 bytes of the hash.
    /// Part of the wire format.
    /// </summary>
    public static CellDigest Of(Cell cell, Incarnation incarnation, IEnumerable<LeafEntry> leaves)
    {
        using IncrementalHash sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> bytes = stackalloc byte[sizeof(long) + ContentHash.BytesLength];
        long count = 0;
        long max = 0;
        foreach (LeafEntry leaf in leaves.OrderBy(l => l.Ordinal).ThenBy(l => l.Hash))
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, leaf.Ordinal.Value);
            leaf.Hash.CopyTo(bytes[sizeof(long)..]);
            sha.AppendData(bytes);
            count++;
            max = Math.Max(max, leaf.Ordinal.Value);
        }

        Span<byte> digest = stackalloc byte[ContentHash.BytesLength];
        sha.GetHashAndReset(digest);
        return new CellDigest(cell, incarnation, count, max, new ContentHash(digest));
    }
}
