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
    private const int FilesOpenMax = 128;

    /// <summary>
    /// Writes all files of a seal and makes them last. On an exception those written are removed again.
    /// </summary>
    public IReadOnlyList<StoredSegment> Write(
        FrozenBuffer frozen, CatalogState catalog, EdgeId edge, Incarnation incarnation)
    {
        List<StoredSegment> written = [];
        try
        {
            using IEnumerator<(Cell, CellRows)> cells = Cells(frozen, edge).GetEnumerator();
            while (WriteGroup(cells, catalog, incarnation, written)) continue;
            disk.SyncDirectories([.. written.Select(s => FolderOf(s.Name)).Distinct(StringComparer.Ordinal)]);
        }
        catch (IOException)
        {
            foreach (StoredSegment segment in written) disk.Delete(segment.Name);
            throw;
        }

        return written;
    }

    private static IEnumerable<(Cell Cell, CellRows Rows)> Cells(FrozenBuffer frozen, EdgeId edge) =>
        from table in frozen.Tables
        from day in CellRows.ByDay(table.Key, table.Value)
        select (new Cell(table.Key, edge, day.Day), day.Rows);

    /// <summary>
    /// Writes the files of the next cells, then syncs them together: the disk is given all bytes at once, so
    /// that a seal of hundreds of small cells does not wait for each. False if no cell was left.
    /// </summary>
    private bool WriteGroup(
        IEnumerator<(Cell Cell, CellRows Rows)> cells, CatalogState catalog, Incarnation incarnation,
            List<StoredSegment> written)
    {
        List<(IDiskFile File, StoredSegment Segment)> open = [];
        try
        {
            while (open.Count < FilesOpenMax && cells.MoveNext())
            {
                long rank = catalog.RankNext + written.Count + open.Count;
                open.Add(WriteOne(cells.Current.Cell, cells.Current.Rows, catalog, incarnation, rank));
            }

            disk.SyncFiles([.. open.Select(one => one.File)]);
        }
        catch (IOException)
        {
            foreach ((IDiskFile file, StoredSegment segment) in open)
            {
                file.Dispose();
                disk.Delete(segment.Name + TemporarySuffix);
            }

            throw;
        }

        foreach ((IDiskFile file, StoredSegment segment) in open)
        {
            file.Dispose();
            disk.Rename(segment.Name + TemporarySuffix, segment.Name);
            written.Add(segment);
        }

        return open.Count > 0;
    }

    private (IDiskFile File, StoredSegment Segment) WriteOne(
        Cell cell, CellRows rows, CatalogState catalog, Incarnation incarnation, long rank)
    {
        Ordinal ordinal = catalog.OrdinalNext(cell, incarnation);
        using MemoryStream bytes = new();
        SegmentManifest manifest =
            format.Write(bytes, cell, incarnation, new OrdinalRange(ordinal, ordinal), rows);
        // The id keeps names apart when a seal whose record failed is made anew.
        string id = newId().ToString("N")[..8];
        string hash = ContentHash.Of(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)).ToDigitsInName();
        string name = string.Create(
            CultureInfo.InvariantCulture, $"{SegmentFolder.Of(cell)}/{rank:D12}-{id}-{hash}.parquet");
        IDiskFile file = disk.Create(name + TemporarySuffix);
        try
        {
            file.Append(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
        }
        catch (IOException)
        {
            file.Dispose();
            disk.Delete(name + TemporarySuffix);
            throw;
        }

        return (file, new StoredSegment(name, bytes.Length, manifest, rank, IsCut: false));
    }

    /// <summary>The rank in the name of a file that a seal made; null for another name.</summary>
    public static long? RankOf(string name)
    {
        ReadOnlySpan<char> file = name.AsSpan(name.LastIndexOf('/') + 1);
        return file.IndexOf('-') is var end and > 0
            && long.TryParse(file[..end], NumberStyles.None, CultureInfo.InvariantCulture, out long rank)
            ? rank
            : null;
    }

    private static string FolderOf(string path) => path[..path.LastIndexOf('/')];
}
