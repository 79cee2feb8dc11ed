using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Ports;
using TsDb.Replication.Receiving;

namespace TsDb.Replication.Compaction;

/// <summary>
/// Makes one file of several at a cloud node. What is read is compared with its hash and what was made is
/// read again, before it takes the place of files whose bytes are then gone. Used by one thread at a time, so
/// that no more than one plan's bytes are in memory; blocks on the disk.
/// </summary>
public sealed class ReplicaCompactor(ReplicaStore store, ISegmentVerifier verifier, ILogger log)
{
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
    public bool Carry(ReplicaCompactionPlan plan)
    {
        // Nothing is read and merged for a disk that would not take it.
        store.RequireRoom(plan.BytesLength);
        try
        {
            if (Read(plan) is not { } inputs) return false;
            VerifiedLeaf merged = Merge(plan, inputs);
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

    // Null if a file is not there as it was: damage must not get the hash of a whole file.
    private List<ReadOnlyMemory<byte>>? Read(ReplicaCompactionPlan plan)
    {
        List<ReadOnlyMemory<byte>> inputs = [];
        foreach (StoredFile file in plan.Files)
        {
            try
            {
                (StoredFile read, ReadOnlyMemory<byte> bytes) =
                    store.Read(file.LeafAt(0), 0, checked((int)file.Extent.BytesLength));
                if (read != file) return null;
                if (ContentHash.Of(bytes.Span) != file.Hash)
                {
                    store.Scrub(file);
                    return null;
                }

                inputs.Add(bytes);
            }
            catch (TsDbException e) when (e.Kind == ErrorKind.NotFound)
            {
                Receiving.Log.NotMerged(log, plan.Cell, e.Message);
                return null;
            }
        }

        return inputs;
    }

    private VerifiedLeaf Merge(ReplicaCompactionPlan plan, List<ReadOnlyMemory<byte>> inputs)
    {
        using MemoryStream file = new();
        List<SegmentReader> readers = [];
        SegmentManifest written;
        try
        {
            foreach (ReadOnlyMemory<byte> input in inputs)
            {
                MemoryMarshal.TryGetArray(input, out ArraySegment<byte> bytes);
                readers.Add(SegmentReader.Open(
                    new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false), "a segment"));
            }

            written = SegmentWriter.Merge(readers, plan.Facts, file);
        }
        finally
        {
            readers.ForEach(reader => reader.Dispose());
        }

        ReadOnlyMemory<byte> whole = file.GetBuffer().AsMemory(0, (int)file.Length);
        SegmentManifest manifest = verifier.Verify(whole);
        RequireAll(plan, manifest, written);
        ImmutableArray<ContentHash> leaves = [.. plan.Files.SelectMany(part => part.Run.Leaves)];
        return new VerifiedLeaf(plan.Files[0].LeafAt(0), manifest, whole)
        {
            Run = new LeafRun(ContentHash.Of(whole.Span), plan.Facts.Ordinals.First, leaves),
        };
    }

    private static void RequireAll(ReplicaCompactionPlan plan, SegmentManifest read, SegmentManifest written)
    {
        TimeRange range = plan.Files.Select(file => file.Extent.Range).Aggregate((a, b) => a.Union(b));
        bool isPlausible = read.Range == range && read.Rows == written.Rows
            && read.Ordinals == plan.Facts.Ordinals && read.Cell == plan.Cell
            && read.Rows >= plan.Files.Max(file => file.Extent.Rows)
            && read.Rows <= plan.Files.Sum(file => file.Extent.Rows);
        if (!isPlausible)
        {
            throw new TsDbException(
                ErrorKind.Corrupt, $"{read.Rows} rows of {read.Range} are not what was merged");
        }
    }
}
