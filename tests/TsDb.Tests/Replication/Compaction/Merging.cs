using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Model;
using TsDb.Replication.Compaction;
using TsDb.Replication.Receiving;
using TsDb.Storage.Compaction;

namespace TsDb.Tests.Replication.Compaction;

/// <summary>Compaction of a store without a cluster around it.</summary>
public static class Merging
{
    /// <summary>Every day is over.</summary>
    public static CompactionLimits AtOnce { get; } =
        new() { ClosedAfter = TimeSpan.FromDays(-20_000), OrdinalsMax = LeafRun.LeavesMax };

    /// <summary>Carries out what the policy wants, until it wants nothing; how many merges.</summary>
    public static int RunAll(
        ReplicaStore store, CompactionLimits? limits = null, Erasures? erasures = null)
    {
        ReplicaCompactor compactor = new(store, new SegmentVerifier(), NullLogger.Instance);
        int merges = 0;
        while (Next(store, limits) is { } plan && compactor.Carry(plan, erasures ?? Erasures.None)) merges++;
        return merges;
    }

    /// <summary>The first plan of any cell; null for none.</summary>
    public static ReplicaCompactionPlan? Next(ReplicaStore store, CompactionLimits? limits = null) =>
        store.Current.Cells.Select(cell => ReplicaCompactionPolicy.Decide(
            cell, limits ?? AtOnce, DateTimeOffset.UnixEpoch)).FirstOrDefault(plan => plan is not null);
}
