using System.Globalization;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Seal;

/// <summary>
/// Writes frozen rows as segment files: per cell, sorted and merged by key; points much older than their
/// series' newest get a file of their own, so that time ranges stay narrow. Each file is written under a
/// temporary name, synced, renamed, and its folder synced; only a catalog record makes it part of the store.
/// </summary>
internal sealed class SegmentSealer(IDisk disk, ISegmentFormat format, Func<Guid> newId)
{
    private const string TemporarySuffix = ".tmp";
    private const long LateNanoseconds = 3_600_000_000_000;

    /// <summary>
    /// Writes all files of a seal and makes them last. On an exception those written are removed again.
    /// </summary>
    public IReadOnlyList<StoredSegment> Write(
        FrozenBuffer frozen, CatalogState catalog, EdgeId edge, Incarnation incarnation)
    {
        List<StoredSegment> written = [];
        try
        {
            foreach ((TableId table, IReadOnlyList<TableBatch> batches) in frozen.Tables)
                foreach ((Cell cell, SortedRun run) in Cells(table, batches, edge))
                    written.Add(WriteOne(cell, run, catalog, incarnation, catalog.RankNext + written.Count));
            IEnumerable<string> folders = written.Select(segment => FolderOf(segment.Name));
            foreach (string folder in folders.Distinct(StringComparer.Ordinal)) disk.SyncDirectory(folder);
        }
        catch (IOException)
        {
            foreach (StoredSegment segment in written) disk.Delete(segment.Name);
            throw;
        }

        return written;
    }

    private static IEnumerable<(Cell Cell, SortedRun Run)> Cells(
        TableId table, IReadOnlyList<TableBatch> batches, EdgeId edge)
    {
        foreach ((Day day, SortedRun run) in KeyMerge.Merge(table, batches).SplitByDay())
        {
            Cell cell = new(table, edge, day);
            (SortedRun onTime, SortedRun late) = run.SplitLate(LateNanoseconds);
            if (late.RowCount > 0) yield return (cell, late);
            if (onTime.RowCount > 0) yield return (cell, onTime);
        }
    }

    private StoredSegment WriteOne(
        Cell cell, SortedRun run, CatalogState catalog, Incarnation incarnation, long rank)
    {
        Ordinal ordinal = catalog.OrdinalNext(cell, incarnation);
        using MemoryStream bytes = new();
        SegmentManifest manifest = format.Write(
            bytes, cell, incarnation, new OrdinalRange(ordinal, ordinal), run);
        string name = string.Create(
            CultureInfo.InvariantCulture,
            $"{SegmentFolder.Of(cell)}/{rank:D12}-{newId().ToString("N").AsSpan(0, 8)}.parquet");
        string temporary = name + TemporarySuffix;
        try
        {
            using IDiskFile file = disk.Create(temporary);
            file.Append(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
            file.Sync();
        }
        catch (IOException)
        {
            disk.Delete(temporary);
            throw;
        }

        disk.Rename(temporary, name);
        return new StoredSegment(name, bytes.Length, manifest, rank, IsCut: false);
    }

    private static string FolderOf(string path) => path[..path.LastIndexOf('/')];
}
