using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <summary>
/// Every leaf that this node had on disk at one moment. Immutable; read once per query or exchange.
/// </summary>
public sealed class ReplicaVersion
{
    private readonly Totals _totals;

    private ReplicaVersion(
        long number,
        ImmutableSortedDictionary<TableId, TableLeaves> tables,
        Totals totals) => (Number, Tables, _totals) = (number, tables, totals);

    /// <summary>A store without leaves.</summary>
    public static ReplicaVersion Empty { get; } =
        new(0, ImmutableSortedDictionary<TableId, TableLeaves>.Empty, default);

    /// <summary>Rises with each change since the process began.</summary>
    public long Number { get; }

    /// <summary>
    /// The version since which nothing was missing but what rules took: damaged files went out with it. 0 for
    /// the first.
    /// </summary>
    public long LastLoss { get; private init; }

    /// <summary>Tables that have a leaf here, by name.</summary>
    public ImmutableSortedDictionary<TableId, TableLeaves> Tables { get; }

    /// <summary>Number of leaves.</summary>
    public long LeafCount => _totals.Leaves;

    /// <summary>Number of the files that stand for them.</summary>
    public long FileCount => _totals.Files;

    /// <summary>Size of the files in bytes.</summary>
    public long BytesLength => _totals.Bytes;

    /// <summary>Every file, by table, edge, day.</summary>
    public IEnumerable<StoredFile> Files => Cells.SelectMany(cell => cell.Files);

    /// <summary>Every cell that has a leaf here, by table, edge, day.</summary>
    public IEnumerable<CellLeaves> Cells => Tables.Values.SelectMany(table => table.Cells.Values);

    /// <summary>The cell's leaves; null if there is none here.</summary>
    public CellLeaves? Find(Cell cell) =>
        Tables.GetValueOrDefault(cell.Table)?.Cells.GetValueOrDefault(CellKey.Of(cell));

    /// <summary>The file that stands for the leaf, if it is here with this very hash; otherwise
    /// null.</summary>
    public StoredFile? Find(Leaf leaf) => Find(leaf.Cell)?.Find(leaf);

    /// <summary>True if another leaf of this one's number is here.</summary>
    public bool IsForked(Leaf leaf) => Find(leaf.Cell)?.IsForked(leaf) == true;

    /// <summary>The digests of all shards that have a leaf here, in one pass over the cells.</summary>
    public SortedDictionary<ShardId, LeafDigest> ShardDigests(int shardCount)
    {
        SortedDictionary<ShardId, LeafDigest> digests = [];
        foreach (CellLeaves cell in Cells)
        {
            ShardId shard = cell.ShardOf(shardCount);
            digests[shard] = digests.GetValueOrDefault(shard) + cell.Digest;
        }

        return digests;
    }

    /// <summary>The cells of a shard that have a leaf here, by table, edge, day.</summary>
    public IEnumerable<CellLeaves> CellsOf(ShardId shard, int shardCount) =>
        Cells.Where(cell => cell.ShardOf(shardCount) == shard);

    /// <summary>True if this very file is part of the version.</summary>
    public bool Holds(StoredFile file) => Find(file.LeafAt(0)) == file;

    /// <summary>This version with more files, the leaves of which are new here.</summary>
    internal ReplicaVersion With(IReadOnlyCollection<StoredFile> added)
    {
        ImmutableSortedDictionary<TableId, TableLeaves>.Builder tables = Tables.ToBuilder();
        foreach (IGrouping<TableId, StoredFile> group in added.GroupBy(file => file.Cell.Table))
        {
            TableLeaves table = tables.GetValueOrDefault(group.Key) ?? TableLeaves.Empty(group.Key);
            tables[group.Key] = table.With(group);
        }

        Totals totals = added.Aggregate(_totals, (sum, file) => sum.Plus(file, 1));
        return new ReplicaVersion(Number + 1, tables.ToImmutable(), totals) { LastLoss = LastLoss };
    }

    /// <summary>This version with files in place of others, which are in it.</summary>
    internal ReplicaVersion Replacing(
        IReadOnlyCollection<StoredFile> replaced, IReadOnlyCollection<StoredFile> files) =>
        replaced.Aggregate(this, (version, old) => version.Without(old)).With(files);

    /// <summary>This version without a file that is in it.</summary>
    internal ReplicaVersion Without(StoredFile file)
    {
        TableLeaves rest = Tables[file.Cell.Table].Without(file);
        return new ReplicaVersion(
            Number + 1,
            rest.Cells.IsEmpty ? Tables.Remove(rest.Table) : Tables.SetItem(rest.Table, rest),
            _totals.Plus(file, -1)) { LastLoss = LastLoss };
    }

    /// <summary>This version without a file that is in it and that is damaged or gone.</summary>
    internal ReplicaVersion WithoutLost(StoredFile file)
    {
        ReplicaVersion next = Without(file);
        return new ReplicaVersion(next.Number, next.Tables, next._totals) { LastLoss = next.Number };
    }

    private readonly record struct Totals(long Leaves, long Files, long Bytes)
    {
        public Totals Plus(StoredFile file, int sign) => new(
            Leaves + (sign * file.LeafCount), Files + sign, Bytes + (sign * file.Extent.BytesLength));
    }
}
