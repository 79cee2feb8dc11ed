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
    /// Every column that any file here has, once for each role and type it comes in, by name, role, type:
    /// what type resolution needs, whatever a query prunes.
    /// </summary>
    public ImmutableArray<Column> Columns => _columns.Value;

    /// <summary>A table without leaves.</summary>
    public static TableLeaves Empty(TableId table) => new(
        table,
        ImmutableSortedDictionary<CellKey, CellLeaves>.Empty,
        ImmutableDictionary<ColumnSet, int>.Empty);

    /// <summary>This table with more files, all of this table, whose leaves are new.</summary>
    public TableLeaves With(IEnumerable<StoredFile> added)
    {
        ImmutableSortedDictionary<CellKey, CellLeaves>.Builder cells = Cells.ToBuilder();
        ImmutableDictionary<ColumnSet, int>.Builder sets = _columnSets.ToBuilder();
        foreach (IGrouping<CellKey, StoredFile> group in added.GroupBy(file => CellKey.Of(file.Cell)))
        {
            StoredFile[] files = [.. group];
            CellLeaves cell = cells.GetValueOrDefault(group.Key) ?? CellLeaves.Empty(files[0].Cell);
            cells[group.Key] = cell.With(files);
            foreach (StoredFile file in files)
                sets[file.Columns] = sets.GetValueOrDefault(file.Columns) + 1;
        }

        return new TableLeaves(Table, cells.ToImmutable(), sets.ToImmutable());
    }

    /// <summary>This table without a file that is in it.</summary>
    public TableLeaves Without(StoredFile file)
    {
        CellKey key = CellKey.Of(file.Cell);
        CellLeaves rest = Cells[key].Without(file);
        int count = _columnSets[file.Columns] - 1;
        return new TableLeaves(
            Table,
            rest.Files.IsEmpty ? Cells.Remove(key) : Cells.SetItem(key, rest),
            count == 0 ? _columnSets.Remove(file.Columns) : _columnSets.SetItem(file.Columns, count));
    }

    private ImmutableArray<Column> DistinctColumns() =>
    [
        .. _columnSets.Keys.SelectMany(set => set.Tags.Concat(set.Fields)).Distinct()
            .OrderBy(column => column.Name, StringComparer.Ordinal)
            .ThenBy(column => column.Role).ThenBy(column => column.Type),
    ];
}
