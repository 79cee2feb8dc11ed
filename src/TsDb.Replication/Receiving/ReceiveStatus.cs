using System.Collections.Immutable;
using TsDb.Replication.Compaction;
using TsDb.Replication.Purging;
using TsDb.Storage.Scrubbing;

namespace TsDb.Replication.Receiving;

/// <summary>How receiving goes, for people and for the status endpoint.</summary>
/// <param name="ShardsOwned">Shards this node owns.</param>
/// <param name="ShardsRecovering">Of these, shards that count in no quorum yet.</param>
/// <param name="LeavesCount">Leaves on disk.</param>
/// <param name="LeavesBytes">Size of their files in bytes.</param>
/// <param name="PendingBytes">Bytes of shipments being put together or waiting to be stored.</param>
/// <param name="UndecidedCount">Leaves on disk here that have not got their write quorum.</param>
/// <param name="RepairMissing">Leaves that co-owners had at the last comparison and that could not be
/// got.</param>
/// <param name="Edges">Edges heard of since the start.</param>
public sealed record ReceiveStatus(
    int ShardsOwned,
    int ShardsRecovering,
    long LeavesCount,
    long LeavesBytes,
    long PendingBytes,
    int UndecidedCount,
    int RepairMissing,
    ImmutableArray<EdgeSeen> Edges)
{
    /// <summary>What compaction has done since the start.</summary>
    public CompactionStatus Compaction { get; init; } = new(0, 0, 0);

    /// <summary>What the removal of erased rows has done since the start.</summary>
    public PurgeStatus Purge { get; init; } = new(0, 0, 0);

    /// <summary>How reading stored files again goes.</summary>
    public ScrubStatus Scrub { get; init; } = new(0, 0, 0, null);

    /// <summary>Files on disk: merged ones stand for several leaves.</summary>
    public long FilesCount { get; init; }

    /// <summary>Leaves that comparing and moving have fetched since the start.</summary>
    public long RepairFetchedLeaves { get; init; }

    /// <summary>Bytes that comparing and moving have fetched since the start.</summary>
    public long RepairFetchedBytes { get; init; }

    /// <summary>Leaves whose files are damaged or gone here, and that are not back yet.</summary>
    public int LostCount { get; init; }
}
