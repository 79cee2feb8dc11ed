using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Storage.Ports;

namespace TsDb.Replication.Receiving;

/// <summary>Keeps every file of one version in place until it is disposed of.</summary>
public sealed class ReplicaLease : IDisposable
{
    // 2^39 shipments of one cell by one incarnation: a shipment a second for 17,000 years.
    private const int RankBits = 40;

    private readonly IDisk _disk;
    private Action? _release;

    internal ReplicaLease(ReplicaVersion version, IDisk disk, Action release) =>
        (Version, _disk, _release) = (version, disk, release);

    /// <summary>What is leased.</summary>
    public ReplicaVersion Version { get; }

    /// <summary>
    /// The segments of a table in the cells that <paramref name="wants"/> accepts whose times overlap
    /// <paramref name="range"/>. The registry in <paramref name="cluster"/> says which incarnation is newer;
    /// throws
    /// <see cref="ErrorKind.Unavailable"/> if it does not know one that is here (this node has not caught
    /// up), <see cref="ErrorKind.Conflict"/> if a file may lack rows that a reader who knows erasures up to
    /// <paramref name="erasures"/> only would have to see.
    /// </summary>
    public TableSnapshot Snapshot(
        TableId table, ClusterConfiguration cluster, Predicate<Cell> wants, TimeRange range,
        long erasures = long.MaxValue)
    {
        ObjectDisposedException.ThrowIf(_release is null, this);
        List<SegmentRef> segments = [];
        if (Version.Tables.TryGetValue(table, out TableLeaves? leaves))
        {
            foreach (CellLeaves cell in leaves.Cells.Values)
            {
                if (!cell.Cell.Day.Range.Overlaps(range) || !wants(cell.Cell)) continue;
                foreach (StoredFile file in cell.Files)
                {
                    if (!file.IsOwn && file.PurgedTo > erasures)
                    {
                        throw new TsDbException(
                            ErrorKind.Conflict,
                            $"points of {table} were erased for good since the query was planned");
                    }

                    if (file.Extent.Rows > 0 && file.Extent.Range.Overlaps(range))
                        segments.Add(RefOf(cell, file, cluster));
                }
            }
        }

        return new TableSnapshot(table, segments, Hot: null);
    }

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();

    private SegmentRef RefOf(CellLeaves cell, StoredFile file, ClusterConfiguration cluster) => new(
        _disk.FullPath(file.Path), file.Extent.BytesLength, file.Manifest, RankOf(cell, file, cluster));

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
}
