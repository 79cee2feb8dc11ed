using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace TsDb.Model;

/// <summary>One of the cluster's partitions: a stable hash of the cell modulo the shard count.</summary>
public readonly record struct ShardId(int Value) : IComparable<ShardId>
{
    /// <summary>Shards of a cluster unless it was founded with another number.</summary>
    public const int CountDefault = 64;

    /// <summary>
    /// The shard of a cell: XxHash64 (seed 0) over database, table and edge as UTF-8, each closed by a zero
    /// byte,
    /// then the day's number as int32 little-endian; modulo <paramref name="shardCount"/>. Part of the wire
    /// format.
    /// </summary>
    public static ShardId Of(Cell cell, int shardCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shardCount);
        XxHash64 hash = new();
        Append(hash, cell.Table.Database);
        Append(hash, cell.Table.Table);
        Append(hash, cell.Edge.Value);
        Span<byte> day = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(day, cell.Day.Number);
        hash.Append(day);
        return new ShardId((int)(hash.GetCurrentHashAsUInt64() % (ulong)shardCount));
    }

    /// <summary>Orders by number.</summary>
    public int CompareTo(ShardId other) => Value.CompareTo(other.Value);

    private static void Append(XxHash64 hash, string text)
    {
        hash.Append(Encoding.UTF8.GetBytes(text));
        hash.Append([0]);
    }
}
