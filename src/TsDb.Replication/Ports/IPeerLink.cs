using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Repair;

namespace TsDb.Replication.Ports;

/// <summary>
/// Questions to another cloud node about leaves. Every call may fail with <see cref="ErrorKind.Unavailable"/>
/// (not reached, or not in time); the caller tries again or asks somebody else. The answers come from the
/// other node's
/// <see cref="PeerDesk"/>. Nothing that is said here is believed without a check: fetched bytes are verified
/// like shipped ones.
/// </summary>
public interface IPeerLink
{
    /// <summary>
    /// Tells a co-owner which leaves this node has on disk; the answer says which of them the co-owner has on
    /// disk too.
    /// </summary>
    Task<StoredReply> StoredAsync(NodeId node, StoredNotice notice, CancellationToken ct);

    /// <summary>The digests of these shards there, in the order asked.</summary>
    Task<ImmutableArray<ShardDigest>> ShardDigestsAsync(
        NodeId node, ImmutableArray<ShardId> shards, CancellationToken ct);

    /// <summary>The digests of a shard there, one a table and day, by table and day.</summary>
    Task<ImmutableArray<DayDigest>> DayDigestsAsync(NodeId node, ShardId shard, CancellationToken ct);

    /// <summary>
    /// The leaves there of a shard's cells of one table and day, by cell, incarnation, ordinal.
    /// </summary>
    Task<ImmutableArray<ListedLeaf>> LeavesAsync(
        NodeId node, ShardId shard, TableId table, Day day, CancellationToken ct);

    /// <summary>
    /// Bytes of the plain file that stands for a leaf there from an offset on, up to
    /// <paramref name="bytesMax"/>; empty at the end. Throws <see cref="ErrorKind.NotFound"/> if the leaf is
    /// not there.
    /// </summary>
    Task<FilePiece> FetchAsync(
        NodeId node, Leaf leaf, long offset, int bytesMax, CancellationToken ct);
}
