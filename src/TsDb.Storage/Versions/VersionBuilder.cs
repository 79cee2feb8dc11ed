using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Hot;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Versions;

/// <summary>Makes the next version out of the current one.</summary>
internal sealed class VersionBuilder(IDisk disk, EdgeId edge, ImmutableHashSet<string> missing)
{
    public StoreVersion First(CatalogState catalog) => WithCatalog(
        new StoreVersion
        {
            Number = 0,
            Sequence = catalog.Covered,
            Schemas = catalog.Schemas,
            Catalog = CatalogState.Empty,
            Tables = ImmutableSortedDictionary<TableId, TableSnapshot>.Empty,
            Hot = HotState.Empty,
        },
        catalog,
        HotState.Empty);

    /// <summary>After a commit, or after batches became one: the hot rows of some tables changed.</summary>
    public StoreVersion WithHot(
        StoreVersion now,
        HotState hot,
        CommitSequence sequence,
        SchemaCatalog schemas,
        IEnumerable<TableId> tables)
    {
        ImmutableSortedDictionary<TableId, TableSnapshot>.Builder all = now.Tables.ToBuilder();
        foreach (TableId table in tables)
        {
            IReadOnlyList<SegmentRef> segments = all.TryGetValue(table, out TableSnapshot? known)
                ? known.Segments
                : [];
            all[table] = new TableSnapshot(table, segments, hot.Find(table).ToRows(edge));
        }

        return new StoreVersion
        {
            Number = now.Number + 1,
            Sequence = sequence,
            Schemas = schemas,
            Catalog = now.Catalog,
            SetAside = now.SetAside,
            Tables = all.ToImmutable(),
            Hot = hot,
        };
    }

    /// <summary>After a catalog record; a seal also drops the rows that it wrote out.</summary>
    public StoreVersion WithCatalog(StoreVersion now, CatalogState catalog, HotState hot)
    {
        bool isSame = ReferenceEquals(catalog.Segments, now.Catalog.Segments)
            && ReferenceEquals(hot, now.Hot);
        return new StoreVersion
        {
            Number = now.Number + 1,
            Sequence = now.Sequence,
            Schemas = now.Schemas,
            Catalog = catalog,
            SetAside = missing.IsEmpty ? []
                : [.. catalog.Segments.Values.Where(segment => missing.Contains(segment.Name))],
            Tables = isSame ? now.Tables : Snapshots(catalog, hot),
            Hot = hot,
        };
    }

    private ImmutableSortedDictionary<TableId, TableSnapshot> Snapshots(CatalogState catalog, HotState hot)
    {
        SortedDictionary<TableId, List<SegmentRef>> segments = [];
        foreach (ImmutableArray<StoredSegment> cell in catalog.Cells.Values)
        {
            TableId table = cell[0].Manifest.Cell.Table;
            if (!segments.TryGetValue(table, out List<SegmentRef>? refs)) segments.Add(table, refs = []);
            refs.AddRange(cell
                .Where(segment => segment.Manifest.Rows > 0 && !missing.Contains(segment.Name))
                .Select(segment => new SegmentRef(
                    disk.FullPath(segment.Name), segment.BytesLength, segment.Manifest, segment.Rank)));
        }

        foreach (TableId table in hot.Tables.Keys) segments.TryAdd(table, []);
        return segments.ToImmutableSortedDictionary(
            table => table.Key,
            table => new TableSnapshot(table.Key, table.Value, hot.Find(table.Key).ToRows(edge)));
    }
}
