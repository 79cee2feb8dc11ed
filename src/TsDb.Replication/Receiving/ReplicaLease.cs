using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Cluster;

namespace TsDb.Replication.Receiving;

/// <summary>Keeps every file of one version in place until it is disposed of.</summary>
public sealed class ReplicaLease : IDisposable
{
    private readonly SegmentRefs _refs;
    private Action? _release;

    internal ReplicaLease(ReplicaVersion version, SegmentRefs refs, Action release) =>
        (Version, _refs, _release) = (version, refs, release);

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
                ImmutableArray<SegmentRef> refs = _refs.Of(cell, cluster);
                for (int i = 0; i < refs.Length; i++)
                {
                    StoredFile file = cell.Files[i];
                    if (!file.IsOwn && file.PurgedTo > erasures)
                    {
                        throw new TsDbException(
                            ErrorKind.Conflict,
                            $"points of {table} were erased for good since the query was planned");
                    }

                    if (file.Extent.Rows > 0 && file.Extent.Range.Overlaps(range))
                        segments.Add(refs[i]);
                }
            }
        }

        return new TableSnapshot(table, segments, Hot: null);
    }

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
