using System.Collections.Concurrent;
using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Storage.Ports;

namespace TsDb.Replication.Receiving;

/// <summary>
/// The files of cells as inputs of a scan. Those of the cells that were asked for last are kept: to make
/// their paths and manifests anew took a tenth of what a small question costs a node. Safe to call from many
/// threads.
/// </summary>
internal sealed class SegmentRefs(IDisk disk)
{
    // 2^39 shipments of one cell by one incarnation: a shipment a second for 17,000 years.
    private const int RankBits = 40;

    // Some 300 bytes each.
    private const int FilesMax = 4_096;

    private volatile Kept _kept = new(null);

    /// <summary>
    /// The cell's files, in order. Throws <see cref="ErrorKind.Unavailable"/> if the registry in
    /// <paramref name="cluster"/> lacks an incarnation that is here.
    /// </summary>
    public ImmutableArray<SegmentRef> Of(CellLeaves cell, ClusterConfiguration cluster)
    {
        Kept kept = _kept;

        // A cell changes by becoming another object, and so does the registry, which tells what is newer.
        if (!ReferenceEquals(kept.Cluster, cluster) || kept.FileCount > FilesMax)
            _kept = kept = new Kept(cluster);
        if (kept.Cells.TryGetValue(cell, out ImmutableArray<SegmentRef> known)) return known;
        ImmutableArray<SegmentRef> made = [.. cell.Files.Select(file => new SegmentRef(
            disk.FullPath(file.Path), file.Extent.BytesLength, file.Manifest, RankOf(cell, file, cluster)))];
        if (made.Length < FilesMax && kept.Cells.TryAdd(cell, made)) kept.Add(made.Length);
        return made;
    }

    private static long RankOf(CellLeaves cell, StoredFile file, ClusterConfiguration cluster)
    {
        ImmutableArray<Incarnation> known =
            cluster.Edges.GetValueOrDefault(cell.Cell.Edge)?.Incarnations ?? [];
        int order = known.IndexOf(file.Incarnation);
        if (order < 0)
        {
            throw new TsDbException(
                ErrorKind.Unavailable,
                $"this node has not caught up with the registry: it lacks incarnation {file.Incarnation} "
                + $"of edge {cell.Cell.Edge}");
        }

        return ((long)order << RankBits) | cell.RankOf(file);
    }

    private sealed class Kept(ClusterConfiguration? cluster)
    {
        private int _files;

        public ClusterConfiguration? Cluster => cluster;

        public ConcurrentDictionary<CellLeaves, ImmutableArray<SegmentRef>> Cells { get; } =
            new(ReferenceEqualityComparer.Instance);

        public int FileCount => Volatile.Read(ref _files);

        public void Add(int files) => Interlocked.Add(ref _files, files);
    }
}
