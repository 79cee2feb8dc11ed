using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Replication.Repair;

/// <summary>
/// Answers the questions of other cloud nodes about this node's leaves: the other end of
/// <see cref="Ports.IPeerLink"/>, called by whatever listens for them. Safe for several threads.
/// </summary>
public abstract class PeerDesk
{
    /// <summary>Notes what a co-owner has, and says what this node has of it.</summary>
    public abstract ValueTask<StoredReply> StoredAsync(StoredNotice notice, CancellationToken ct);

    /// <summary>The digests of these shards here, in the order asked.</summary>
    public abstract ImmutableArray<ShardDigest> ShardDigests(ImmutableArray<ShardId> shards);

    /// <summary>The digests of a shard here, one a table and day, by table and day.</summary>
    public abstract ImmutableArray<DayDigest> DayDigests(ShardId shard);

    /// <summary>
    /// The leaves here of a shard's cells of one table and day, by cell, incarnation, ordinal.
    /// </summary>
    public abstract ImmutableArray<ListedLeaf> Leaves(ShardId shard, TableId table, Day day);

    /// <summary>
    /// Bytes of the file that stands for a leaf from an offset on; empty at the end. Throws
    /// <see cref="ErrorKind.NotFound"/> if the leaf is not here. Blocks on the disk.
    /// </summary>
    public abstract FilePiece Fetch(Leaf leaf, long offset, int bytesMax);
}
