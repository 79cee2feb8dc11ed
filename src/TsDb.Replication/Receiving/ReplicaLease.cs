using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Storage.Ports;

namespace TsDb.Replication.Receiving;

/// <summary>Keeps every file of one version in place until it is disposed of.</summary>
public sealed class ReplicaLease : IDisposable
{
    // 2^40 shipments of one cell by one incarnation: a shipment a second for 35,000 years.
    private const int OrdinalBits = 40;

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
    /// up).
    /// </summary>
    public TableSnapshot Snapshot(
        TableId table, ClusterConfiguration cluster, Predicate<Cell> wants, TimeRange range)
    {
        ObjectDisposedException.ThrowIf(_release is null, this);
        List<SegmentRef> segments = [];
        if (Version.Tables.TryGetValue(table, out TableLeaves? leaves))
        {
            foreach (CellLeaves cell in leaves.Cells.Values)
            {
                if (!cell.Cell.Day.Range.Overlaps(range) || !wants(cell.Cell)) continue;
                foreach (StoredLeaf leaf in cell.Leaves)
                {
                    if (leaf.Extent.Range.Overlaps(range)) segments.Add(RefOf(leaf, cluster));
                }
            }
        }

        return new TableSnapshot(table, segments, Hot: null);
    }

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();

    private SegmentRef RefOf(StoredLeaf leaf, ClusterConfiguration cluster) => new(
        _disk.FullPath(leaf.Path), leaf.Extent.BytesLength, leaf.Manifest, RankOf(leaf, cluster));

    private static long RankOf(StoredLeaf leaf, ClusterConfiguration cluster)
    {
        ImmutableArray<Incarnation> known =
            cluster.Edges.GetValueOrDefault(leaf.Cell.Edge)?.Incarnations ?? [];
        int order = known.IndexOf(leaf.Incarnation);
        if (order < 0)
        {
            throw new TsDbException(
                ErrorKind.Unavailable,
                $"this node has not caught up with the registry: it lacks incarnation {leaf.Incarnation} "
                + $"of edge {leaf.Cell.Edge}");
        }

        return ((long)order << OrdinalBits) | leaf.Ordinal.Value;
    }
}
