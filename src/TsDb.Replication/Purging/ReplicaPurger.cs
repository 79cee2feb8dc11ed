using Microsoft.Extensions.Logging;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Compaction;
using TsDb.Replication.Ports;
using TsDb.Replication.Receiving;

namespace TsDb.Replication.Purging;

/// <summary>
/// Removes rows of final tombstones from the files of a cloud node: each file that may have some is read, and
/// written anew without them if it has. Used by one thread at a time; blocks on the disk.
/// </summary>
public sealed class ReplicaPurger(ReplicaStore store, ISegmentVerifier verifier, ILogger log)
{
    private const int CheckedPerRecordMax = 64;

    private readonly FileRewriter _rewriter = new(store, verifier, log);
    private readonly HashSet<ContentHash> _unreadable = [];
    private readonly List<StoredFile> _checked = [];

    /// <summary>What was done since the start. May be read by any thread.</summary>
    public PurgeStatus Status
    {
        get => Volatile.Read(ref field);
        private set => Volatile.Write(ref field, value);
    }
        = new(0, 0, 0);

    /// <summary>
    /// Removes what is final, file by file; false if a file turned out to be damaged or gone, so that its
    /// leaves have to be fetched anew. Throws <see cref="IOException"/> if the disk is full or fails: then
    /// what is left over is done by the next call.
    /// </summary>
    public bool Run(Erasures erasures, CancellationToken ct)
    {
        // What a call that was broken off had looked through, it had for the tombstones of then: a later one
        // must not say more of it.
        _checked.Clear();
        bool isWhole = true;
        foreach (IGrouping<long, (StoredFile File, TablePurge Purge)> table in
            ReplicaPurgePolicy.Left(store.Current, erasures).ToLookup(left => left.Purge.To))
        {
            foreach ((StoredFile file, TablePurge purge) in table)
            {
                ct.ThrowIfCancellationRequested();
                if (_unreadable.Contains(file.Hash)) continue;
                isWhole &= Purge(file, purge);
                if (_checked.Count >= CheckedPerRecordMax) Flush(table.Key);
            }

            Flush(table.Key);
        }

        return isWhole;
    }

    private void Flush(long change)
    {
        try
        {
            if (_checked.Count > 0) store.MarkPurged(_checked, change);
        }
        finally
        {
            _checked.Clear();
        }
    }

    private bool Purge(StoredFile file, TablePurge purge)
    {
        store.RequireRoom(file.Extent.BytesLength);
        try
        {
            if (_rewriter.Read([file]) is not { } bytes) return !store.Lost.Overlaps(file.Leaves);
            if (!FileRewriter.With(bytes, readers => purge.Mask.HidesAny(readers[0])))
            {
                _checked.Add(file);
                Status = Status with { Checked = Status.Checked + 1 };
                return true;
            }

            VerifiedLeaf rest = _rewriter.Write([file], bytes, purge);
            if (!store.Replace([file], rest)) return true;
            long rows = file.Extent.Rows - rest.Manifest.Rows;
            Status = Status with { Files = Status.Files + 1, Rows = Status.Rows + rows };
            Receiving.Log.Purged(log, file.Path, rows, rest.Manifest.Rows);
            return true;
        }
        catch (TsDbException e) when (e.Kind is ErrorKind.Corrupt or ErrorKind.Invalid)
        {
            // It is as it came and cannot be read: it stays, and is counted as left.
            Receiving.Log.NotPurged(log, file.Path, e.Message);
            _unreadable.Add(file.Hash);
            return true;
        }
    }
}
