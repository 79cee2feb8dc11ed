using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace TsDb.Model;

/// <summary>
/// A fingerprint of a set of leaves that does not depend on their order: how many, and the sum modulo 2^128
/// of one XxHash128 (seed 0) a leaf. Digests of disjoint sets add up, so a shard's digest is the sum of its
/// cells'. It finds differences, it is no proof against somebody who wants a collision. Part of the wire
/// format.
/// </summary>
/// <param name="Count">Number of leaves.</param>
/// <param name="Sum">Sum of the leaves' hashes.</param>
public readonly record struct LeafDigest(long Count, UInt128 Sum)
{
    private const int NumbersLength = sizeof(int) + 16 + sizeof(long) + ContentHash.BytesLength;

    /// <summary>The digest of no leaf.</summary>
    public static LeafDigest Empty => default;

    /// <summary>
    /// The digest of one leaf: over database, table and edge as UTF-8, each closed by a zero byte, then the
    /// day as int32 little-endian, the incarnation's 16 bytes in the order of its digits, the ordinal as
    /// int64 little-endian, and the 32 bytes of the content hash.
    /// </summary>
    public static LeafDigest Of(Leaf leaf)
    {
        XxHash128 hash = new();
        Append(hash, leaf.Cell.Table.Database);
        Append(hash, leaf.Cell.Table.Table);
        Append(hash, leaf.Cell.Edge.Value);
        Span<byte> numbers = stackalloc byte[NumbersLength];
        BinaryPrimitives.WriteInt32LittleEndian(numbers, leaf.Cell.Day.Number);
        leaf.Incarnation.Value.TryWriteBytes(numbers[4..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[20..], leaf.Ordinal.Value);
        leaf.Hash.CopyTo(numbers[28..]);
        hash.Append(numbers);
        return new LeafDigest(1, hash.GetCurrentHashAsUInt128());
    }

    /// <summary>The digest of a set of leaves; no leaf may be there twice.</summary>
    public static LeafDigest Of(IEnumerable<Leaf> leaves) =>
        leaves.Aggregate(Empty, (sum, leaf) => sum + Of(leaf));

    /// <summary>The digest of both sets together; they have no leaf in common.</summary>
    public static LeafDigest operator +(LeafDigest a, LeafDigest b) =>
        new(checked(a.Count + b.Count), unchecked(a.Sum + b.Sum));

    /// <summary>The digest of the first set without the second, which is a part of it.</summary>
    public static LeafDigest operator -(LeafDigest a, LeafDigest b) =>
        new(a.Count - b.Count, unchecked(a.Sum - b.Sum));

    /// <summary>Named form of the plus sign.</summary>
    public static LeafDigest Add(LeafDigest a, LeafDigest b) => a + b;

    /// <summary>Named form of the minus sign.</summary>
    public static LeafDigest Subtract(LeafDigest a, LeafDigest b) => a - b;

    /// <summary>Count and sum, for logs.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Count}:{Sum:x32}");

    private static void Append(XxHash128 hash, string text)
    {
        hash.Append(Encoding.UTF8.GetBytes(text));
        hash.Append([0]);
    }
}
