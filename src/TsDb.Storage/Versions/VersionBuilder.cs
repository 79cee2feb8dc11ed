using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Hot;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Versions;

/// <summary>
/// Makes the next version out of the current one. Used by one thread at a time, that which swaps them.
/// </summary>
/// <param name="disk">Where the segments lie.</param>
/// <param name="edge">The edge.</param>
/// <param name="aside">The segments that are missing or damaged, and why.</param>
internal sealed class VersionBuilder(IDisk disk, EdgeId edge, ImmutableDictionary<string, string> aside)
{
    private ImmutableDictionary<string, string> _aside = aside;

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
            SetAside = AsideOf(catalog),
            Tables = isSame ? now.Tables : Snapshots(catalog, hot),
            Hot = hot,
        };
    }

    /// <summary>After a segment was found damaged, with the reason, or whole again: null.</summary>
    public StoreVersion WithSetAside(StoreVersion now, string name, string? reason)
    {
        _aside = reason is null ? _aside.Remove(name) : _aside.SetItem(name, reason);
        return new StoreVersion
        {
            Number = now.Number + 1,
            Sequence = now.Sequence,
            Schemas = now.Schemas,
            Catalog = now.Catalog,
            SetAside = AsideOf(now.Catalog),
            Tables = Snapshots(now.Catalog, now.Hot),
            Hot = now.Hot,
        };
    }

    private ImmutableArray<UnreadableSegment> AsideOf(CatalogState catalog) =>
    [
        .. _aside.Where(aside => catalog.Segments.ContainsKey(aside.Key))
            .Select(aside => new UnreadableSegment(catalog.Segments[aside.Key], aside.Value))
            .OrderBy(aside => aside.Segment.Name, StringComparer.Ordinal),
    ];

    private ImmutableSortedDictionary<TableId, TableSnapshot> Snapshots(CatalogState catalog, HotState hot)
    {
        SortedDictionary<TableId, List<SegmentRef>> segments = [];
        foreach (ImmutableArray<StoredSegment> cell in catalog.Cells.Values)
        {
            TableId table = cell[0].Manifest.Cell.Table;
            if (!segments.TryGetValue(table, out List<SegmentRef>? refs)) segments.Add(table, refs = []);
            refs.AddRange(cell
                .Where(segment => segment.Manifest.Rows > 0 && !_aside.ContainsKey(segment.Name))
                .Select(segment => new SegmentRef(
                    disk.FullPath(segment.Name), segment.BytesLength, segment.Manifest, segment.Rank)));
        }

        foreach (TableId table in hot.Tables.Keys) segments.TryAdd(table, []);
        return segments.ToImmutableSortedDictionary(
            table => table.Key,
            table => new TableSnapshot(table.Key, table.Value, hot.Find(table.Key).ToRows(edge)));
    }
}
