using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Codec.Replica;

/// <summary>A record of a cloud node's catalog of leaves.</summary>
public abstract record ReplicaRecord
{
    private ReplicaRecord()
    {
    }

    /// <summary>
    /// The files of these leaves are on disk, as they were cut; also said again of one that has more to be
    /// said of it.
    /// </summary>
    public sealed record Stored(ImmutableArray<ReplicaFile> Leaves) : ReplicaRecord;

    /// <summary>
    /// These files, which were written anew, are on disk, each in place of all files whose leaves it stands
    /// for.
    /// </summary>
    public sealed record Merged(ImmutableArray<ReplicaFile> Files) : ReplicaRecord;

    /// <summary>
    /// The file that stands for the leaf is missing, damaged or dropped: all its leaves are no longer here.
    /// </summary>
    public sealed record Lost(Leaf Leaf, string Reason) : ReplicaRecord;

    /// <summary>
    /// This directory holds what the owners of these shards before it held, as of an epoch: it counts in
    /// quorums.
    /// </summary>
    public sealed record Whole(Epoch Epoch, ImmutableArray<ShardId> Shards) : ReplicaRecord;
}
