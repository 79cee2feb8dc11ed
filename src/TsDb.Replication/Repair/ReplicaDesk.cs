using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;
using TsDb.Replication.Receiving;

namespace TsDb.Replication.Repair;

/// <summary>Answers other nodes from what is on disk here.</summary>
/// <param name="store">What is on disk.</param>
/// <param name="cluster">Which cluster this is.</param>
/// <param name="noticed">Where notices go; returns once there was room.</param>
public sealed class ReplicaDesk(
    ReplicaStore store,
    IClusterState cluster,
    Func<StoredNotice, CancellationToken, ValueTask> noticed) : PeerDesk
{
    /// <summary>The epoch under which this node counts leaves; null for the newest it knows.</summary>
    public Func<Epoch>? CountingAt { get; init; }

    /// <summary>Most bytes in one answer to a fetch.</summary>
    public const int FetchBytesMax = 2 << 20;

    /// <inheritdoc/>
    public override async ValueTask<StoredReply> StoredAsync(StoredNotice notice, CancellationToken ct)
    {
        ClusterConfiguration current = Current();
        if (notice.Cluster != current.Id)
        {
            throw new TsDbException(
                ErrorKind.Conflict, $"this node is of cluster {current.Id}, not of {notice.Cluster}");
        }

        await noticed(notice, ct);

        // In this order: what is said of an epoch was on disk while the node counted under that epoch, or an
        // earlier one.
        ReplicaVersion version = store.Current;
        current = Current();
        return new StoredReply(current.Epoch, [.. notice.Leaves.Select(noted => StateOf(noted.Leaf))]);

        HeldState StateOf(Leaf leaf)
        {
            if (version.Find(leaf) is null) return HeldState.Absent;
            return store.CountsIn(current, leaf, cluster.Self)
                ? HeldState.Counted
                : HeldState.Recovering;
        }
    }

    /// <inheritdoc/>
    public override ImmutableArray<ShardDigest> ShardDigests(ImmutableArray<ShardId> shards)
    {
        ClusterConfiguration current = Current();
        Epoch epoch = CountingAt?.Invoke() ?? current.Epoch;
        SortedDictionary<ShardId, LeafDigest> digests = store.Current.ShardDigests(current.ShardCount);
        return
        [
            .. shards.Select(s => new ShardDigest(
                s, digests.GetValueOrDefault(s), !store.IsWholeIn(current, s, cluster.Self), epoch)),
        ];
    }

    /// <inheritdoc/>
    public override ImmutableArray<DayDigest> DayDigests(ShardId shard) =>
    [
        .. store.Current.CellsOf(shard, Current().ShardCount)
            .GroupBy(cell => (cell.Cell.Table, cell.Cell.Day))
            .OrderBy(group => group.Key.Table).ThenBy(group => group.Key.Day)
            .Select(group => new DayDigest(
                group.Key.Table,
                group.Key.Day,
                group.Aggregate(LeafDigest.Empty, (sum, cell) => sum + cell.Digest))),
    ];

    /// <inheritdoc/>
    public override ImmutableArray<ListedLeaf> Leaves(ShardId shard, TableId table, Day day)
    {
        ClusterConfiguration current = Current();
        if (!store.Current.Tables.TryGetValue(table, out TableLeaves? leaves)) return [];
        return
        [
            .. leaves.Cells.Values
                .Where(cell => cell.Cell.Day == day && ShardId.Of(cell.Cell, current.ShardCount) == shard)
                .SelectMany(cell => cell.Files)
                .SelectMany(file => file.Leaves.Select(leaf =>
                    new ListedLeaf(leaf, file.Extent.BytesLength))),
        ];
    }

    /// <inheritdoc/>
    public override FilePiece Fetch(Leaf leaf, long offset, int bytesMax)
    {
        (StoredFile file, ReadOnlyMemory<byte> bytes) =
            store.Read(leaf, offset, Math.Clamp(bytesMax, 1, FetchBytesMax));
        return new FilePiece(bytes, file.IsOwn ? null : file.Run);
    }

    private ClusterConfiguration Current() => cluster.Current ?? throw new TsDbException(
        ErrorKind.Unavailable, "this node belongs to no cluster yet: ask again later");
}
