using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <summary>
/// Every leaf that this node had on disk at one moment. Immutable; read once per query or exchange.
/// </summary>
public sealed class ReplicaVersion
{
    private ReplicaVersion(
        long number,
        ImmutableSortedDictionary<TableId, TableLeaves> tables,
        long leafCount,
        long bytesLength) =>
        (Number, Tables, LeafCount, BytesLength) = (number, tables, leafCount, bytesLength);

    /// <summary>A store without leaves.</summary>
    public static ReplicaVersion Empty { get; } =
        new(0, ImmutableSortedDictionary<TableId, TableLeaves>.Empty, 0, 0);

    /// <summary>Rises with each change since the process began.</summary>
    public long Number { get; }

    /// <summary>Tables that have a leaf here, by name.</summary>
    public ImmutableSortedDictionary<TableId, TableLeaves> Tables { get; }

    /// <summary>Number of leaves.</summary>
    public long LeafCount { get; }

    /// <summary>Size of their files in bytes.</summary>
    public long BytesLength { get; }

    /// <summary>Every cell that has a leaf here, by table, edge, day.</summary>
    public IEnumerable<CellLeaves> Cells => Tables.Values.SelectMany(table => table.Cells.Values);

    /// <summary>The cell's leaves; null if there is none here.</summary>
    public CellLeaves? Find(Cell cell) =>
        Tables.GetValueOrDefault(cell.Table)?.Cells.GetValueOrDefault(CellKey.Of(cell));

    /// <summary>The leaf, if it is here with this very hash; otherwise null.</summary>
    public StoredLeaf? Find(Leaf leaf) => Find(leaf.Cell)?.Find(leaf);

    /// <summary>The digests of all shards that have a leaf here, in one pass over the cells.</summary>
    public SortedDictionary<ShardId, LeafDigest> ShardDigests(int shardCount)
    {
        SortedDictionary<ShardId, LeafDigest> digests = [];
        foreach (CellLeaves cell in Cells)
        {
            ShardId shard = ShardId.Of(cell.Cell, shardCount);
            digests[shard] = digests.GetValueOrDefault(shard) + cell.Digest;
        }

        return digests;
    }

    /// <summary>The cells of a shard that have a leaf here, by table, edge, day.</summary>
    public IEnumerable<CellLeaves> CellsOf(ShardId shard, int shardCount) =>
        Cells.Where(cell => ShardId.Of(cell.Cell, shardCount) == shard);

    /// <summary>This version with more leaves; none of their numbers may be taken.</summary>
    internal ReplicaVersion With(IReadOnlyCollection<StoredLeaf> added)
    {
        ImmutableSortedDictionary<TableId, TableLeaves>.Builder tables = Tables.ToBuilder();
        foreach (IGrouping<TableId, StoredLeaf> group in added.GroupBy(leaf => leaf.Cell.Table))
        {
            TableLeaves table = tables.GetValueOrDefault(group.Key) ?? TableLeaves.Empty(group.Key);
            tables[group.Key] = table.With(group);
        }

        return new ReplicaVersion(
            Number + 1,
            tables.ToImmutable(),
            LeafCount + added.Count,
            BytesLength + added.Sum(leaf => leaf.Extent.BytesLength));
    }

    /// <summary>This version without a leaf that is in it.</summary>
    internal ReplicaVersion Without(StoredLeaf leaf)
    {
        TableLeaves rest = Tables[leaf.Cell.Table].Without(leaf);
        return new ReplicaVersion(
            Number + 1,
            rest.Cells.IsEmpty ? Tables.Remove(rest.Table) : Tables.SetItem(rest.Table, rest),
            LeafCount - 1,
            BytesLength - leaf.Extent.BytesLength);
    }
}
