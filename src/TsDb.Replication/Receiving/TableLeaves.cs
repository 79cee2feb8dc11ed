using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <summary>The leaves of one table that this node has on disk. Immutable.</summary>
public sealed class TableLeaves
{
    private readonly ImmutableDictionary<ColumnSet, int> _columnSets;
    private readonly Lazy<ImmutableArray<Column>> _columns;

    private TableLeaves(
        TableId table,
        ImmutableSortedDictionary<CellKey, CellLeaves> cells,
        ImmutableDictionary<ColumnSet, int> columnSets)
    {
        (Table, Cells, _columnSets) = (table, cells, columnSets);
        _columns = new Lazy<ImmutableArray<Column>>(DistinctColumns);
    }

    /// <summary>The table.</summary>
    public TableId Table { get; }

    /// <summary>Its cells that have a leaf here, by edge and day.</summary>
    public ImmutableSortedDictionary<CellKey, CellLeaves> Cells { get; }

    /// <summary>
    /// Every column that any leaf here has, once for each role and type it comes in, by name, role, type:
    /// what type resolution needs, whatever a query prunes.
    /// </summary>
    public ImmutableArray<Column> Columns => _columns.Value;

    /// <summary>Number of leaves.</summary>
    public long LeafCount => _columnSets.Values.Sum(count => (long)count);

    /// <summary>A table without leaves.</summary>
    public static TableLeaves Empty(TableId table) => new(
        table,
        ImmutableSortedDictionary<CellKey, CellLeaves>.Empty,
        ImmutableDictionary<ColumnSet, int>.Empty);

    /// <summary>This table with more leaves, all of this table and new.</summary>
    public TableLeaves With(IEnumerable<StoredLeaf> added)
    {
        ImmutableSortedDictionary<CellKey, CellLeaves>.Builder cells = Cells.ToBuilder();
        ImmutableDictionary<ColumnSet, int>.Builder sets = _columnSets.ToBuilder();
        foreach (IGrouping<CellKey, StoredLeaf> group in added.GroupBy(leaf => CellKey.Of(leaf.Cell)))
        {
            StoredLeaf[] leaves = [.. group];
            CellLeaves cell = cells.GetValueOrDefault(group.Key) ?? CellLeaves.Empty(leaves[0].Cell);
            cells[group.Key] = cell.With(leaves);
            foreach (StoredLeaf leaf in leaves)
                sets[leaf.Columns] = sets.GetValueOrDefault(leaf.Columns) + 1;
        }

        return new TableLeaves(Table, cells.ToImmutable(), sets.ToImmutable());
    }

    /// <summary>This table without a leaf that is in it.</summary>
    public TableLeaves Without(StoredLeaf leaf)
    {
        CellKey key = CellKey.Of(leaf.Cell);
        CellLeaves rest = Cells[key].Without(leaf);
        int count = _columnSets[leaf.Columns] - 1;
        return new TableLeaves(
            Table,
            rest.Leaves.IsEmpty ? Cells.Remove(key) : Cells.SetItem(key, rest),
            count == 0 ? _columnSets.Remove(leaf.Columns) : _columnSets.SetItem(leaf.Columns, count));
    }

    private ImmutableArray<Column> DistinctColumns() =>
    [
        .. _columnSets.Keys.SelectMany(set => set.Tags.Concat(set.Fields)).Distinct()
            .OrderBy(column => column.Name, StringComparer.Ordinal)
            .ThenBy(column => column.Role).ThenBy(column => column.Type),
    ];
}
