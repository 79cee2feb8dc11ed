using System.Collections.Immutable;
using TsDb.Codec.Replica;
using TsDb.Model;
using TsDb.Storage.Ports;

namespace TsDb.Replication.Receiving;

/// <content>
/// Files that are written anew, of several leaves or without erased rows. One takes the place of others by
/// one synced record: a crash before it leaves the old files, one after it the new file, and what is left
/// over goes at the next start. The old ones go when no lease needs them.
/// </content>
public sealed partial class ReplicaStore
{
    /// <summary>
    /// Puts a file in the place of files of this node that it was made of. Nothing happens, and false is
    /// returned, if one of them is not part of the current version any more. Throws <see cref="IOException"/>
    /// if the disk is full or fails: then the old files stand.
    /// </summary>
    /// <param name="replaced">The files, by ordinals without a gap, of one cell and incarnation.</param>
    /// <param name="rewritten">The file that was made of them.</param>
    public bool Replace(IReadOnlyCollection<StoredFile> replaced, VerifiedLeaf rewritten)
    {
        lock (_gate)
        {
            if (!replaced.All(Current.Holds)) return false;
            if (!replaced.SelectMany(file => file.Run.Leaves).SequenceEqual(rewritten.Run.Leaves))
                throw new TsDbException(ErrorKind.Invalid, $"{rewritten.Path} is not made of these files");
            RequireRoom(rewritten.Content.Length);
            _files.Write(rewritten);
            PublishRewritten(rewritten, [.. replaced]);
            return true;
        }
    }

    /// <summary>
    /// Records that files have no row of final tombstones up to a change of erasures. Those that are not part
    /// of the current version any more are left alone. Throws <see cref="IOException"/> if the disk is full
    /// or fails: then nothing is recorded, or a part.
    /// </summary>
    public void MarkPurged(IEnumerable<StoredFile> files, long change)
    {
        lock (_gate)
        {
            StoredFile[] held = [.. files.Where(Current.Holds)];
            ImmutableArray<ReplicaFile> facts =
            [
                .. held.Select(ReplicaCatalog.FactsOf)
                    .Select(file => file with { Run = file.Run.KnownPurgedTo(change) }),
            ];
            if (facts.Any(file => file.Run.IsOwn))
                _catalog.Append(new ReplicaRecord.Stored([.. facts.Where(f => f.Run.IsOwn)]), Current);
            if (facts.Any(file => !file.Run.IsOwn))
                _catalog.Append(new ReplicaRecord.Merged([.. facts.Where(f => !f.Run.IsOwn)]), Current);
            if (held.Length == 0) return;
            Volatile.Write(ref _current, Current.Replacing(held, [.. facts.Select(_catalog.Intern)]));
            RewriteIfWasteful();
        }
    }

    /// <summary>Files that left the catalog and that somebody may still read.</summary>
    public int WaitingCount => _leases.WaitingCount;

    /// <summary>Throws <see cref="DiskFullException"/> if the disk would not take a file of that
    /// size.</summary>
    public void RequireRoom(long bytesLength)
    {
        if (!HasRoom(bytesLength)) throw new DiskFullException($"there is no room for {bytesLength} bytes");
    }

    // From another owner: it takes the place of what is here of its leaves. Its numbers may have been cut a
    // second time here: those stay beside it, unless both were merged, and no order is left to tell.
    private ReceiveOutcome StoreRewritten(VerifiedLeaf rewritten)
    {
        Leaf leaf = rewritten.Leaf;
        CellLeaves cell = Current.Find(leaf.Cell) ?? CellLeaves.Empty(leaf.Cell);
        StoredFile[] overlapping = [.. cell.Overlapping(leaf.Incarnation, rewritten.Run.Ordinals)];
        if (rewritten.Run.Leaves.Select((hash, i) => (new Ordinal(rewritten.Run.First.Value + i), hash))
            .All(one => overlapping.Any(file => file.Has(one.Item1, one.hash))))
            return ReceiveOutcome.AlreadyPresent;
        StoredFile[] replaced = [.. cell.ReplacedBy(leaf.Incarnation, rewritten.Run)];
        if (rewritten.Run.IsMerged && overlapping.Any(file => file.IsMerged && !replaced.Contains(file)))
            return ReceiveOutcome.Fork;
        if (!HasRoom(rewritten.Content.Length)) return ReceiveOutcome.DiskFull;
        ReceiveOutcome written = Attempt(() => _files.Write(rewritten), leaf);
        return written == ReceiveOutcome.Stored
            ? Attempt(() => PublishRewritten(rewritten, replaced), leaf)
            : written;
    }

    private void PublishRewritten(VerifiedLeaf rewritten, IReadOnlyCollection<StoredFile> replaced)
    {
        _leases.Keep(rewritten.Path);
        _files.Settle([rewritten]);
        ReplicaFile facts = ReplicaCatalog.FactsOf(rewritten);
        ReplicaVersion next = Current.Replacing(replaced, [_catalog.Intern(facts)]);
        _catalog.Append(new ReplicaRecord.Merged([facts]), Current);
        Volatile.Write(ref _current, next);
        foreach (StoredFile old in replaced) _leases.DeleteLater(old.Path, next.Number);
        _leases.DeleteUnused();
        RewriteIfWasteful();
    }

    private bool HasRoom(long bytesLength) => _disk.FreeBytes - bytesLength >= _options.DiskReserveBytes;
}
