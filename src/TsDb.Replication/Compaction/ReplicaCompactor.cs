using Microsoft.Extensions.Logging;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Ports;
using TsDb.Replication.Receiving;

namespace TsDb.Replication.Compaction;

/// <summary>
/// Makes one file of several at a cloud node, without rows of final tombstones. Used by one thread at a time,
/// so that no more than one plan's bytes are in memory; blocks on the disk.
/// </summary>
public sealed class ReplicaCompactor(ReplicaStore store, ISegmentVerifier verifier, ILogger log)
{
    private readonly FileRewriter _rewriter = new(store, verifier, log);
    private readonly HashSet<ContentHash> _unmergeable = [];

    /// <summary>What was done since the start. May be read by any thread.</summary>
    public CompactionStatus Status
    {
        get => Volatile.Read(ref field);
        private set => Volatile.Write(ref field, value);
    }
        = new(0, 0, 0);

    /// <summary>True if it is worth a try.</summary>
    public bool IsPromising(ReplicaCompactionPlan plan) =>
        !plan.Files.Any(file => _unmergeable.Contains(file.Hash));

    /// <summary>
    /// Carries a plan out. False if the files are not what they were any more, or cannot be merged. Throws
    /// <see cref="IOException"/> if the disk is full or fails: then everything is as before.
    /// </summary>
    /// <param name="plan">The files.</param>
    /// <param name="erasures">What is erased; rows of final tombstones are left out.</param>
    public bool Carry(ReplicaCompactionPlan plan, Erasures erasures)
    {
        // Nothing is read and merged for a disk that would not take it.
        store.RequireRoom(plan.BytesLength);
        try
        {
            if (_rewriter.Read(plan.Files) is not { } inputs) return false;
            VerifiedLeaf merged =
                _rewriter.Write(plan.Files, inputs, TablePurge.Of(erasures, plan.Cell.Table));
            if (!store.Replace(plan.Files, merged)) return false;
            Status = new CompactionStatus(
                Status.Merges + 1, Status.Files + plan.Files.Length, Status.BytesLength + plan.BytesLength);
            Receiving.Log.Merged(
                log, plan.Cell, plan.Files.Length, merged.Run.Leaves.Length, merged.Manifest.Rows,
                merged.Content.Length);
            return true;
        }
        catch (TsDbException e) when (e.Kind is ErrorKind.Corrupt or ErrorKind.Invalid)
        {
            // Their bytes are what was shipped, and cannot be put together: they stay as they are.
            Receiving.Log.NotMerged(log, plan.Cell, e.Message);
            foreach (StoredFile file in plan.Files) _unmergeable.Add(file.Hash);
            return false;
        }
    }
}
