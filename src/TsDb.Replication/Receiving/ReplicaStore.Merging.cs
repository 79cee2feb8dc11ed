using System.Collections.Immutable;
using TsDb.Codec.Replica;
using TsDb.Model;
using TsDb.Storage.Ports;

namespace TsDb.Replication.Receiving;

/// <content>
/// Files of several leaves. One takes the place of others by one synced record: a crash before it leaves the
/// old files, one after it the new file, and what is left over goes at the next start. The old ones go when
/// no lease needs them.
/// </content>
public sealed partial class ReplicaStore
{
    /// <summary>
    /// Puts a file in the place of files of this node that were merged into it. Nothing happens, and false is
    /// returned, if one of them is not part of the current version any more. Throws <see cref="IOException"/>
    /// if the disk is full or fails: then the old files stand.
    /// </summary>
    /// <param name="replaced">The files, by ordinals without a gap, of one cell and incarnation.</param>
    /// <param name="merged">The file that was made of them.</param>
    public bool Replace(IReadOnlyCollection<StoredFile> replaced, VerifiedLeaf merged)
    {
        lock (_gate)
        {
            if (!replaced.All(Current.Holds)) return false;
            if (!replaced.SelectMany(file => file.Run.Leaves).SequenceEqual(merged.Run.Leaves))
                throw new TsDbException(ErrorKind.Invalid, $"{merged.Path} is not made of these files");
            RequireRoom(merged.Content.Length);
            _files.Write(merged);
            PublishMerged(merged, [.. replaced]);
            return true;
        }
    }

    /// <summary>Throws <see cref="DiskFullException"/> if the disk would not take a file of that
    /// size.</summary>
    public void RequireRoom(long bytesLength)
    {
        if (!HasRoom(bytesLength)) throw new DiskFullException($"there is no room for {bytesLength} bytes");
    }

    // From another owner: it takes the place of what is here of its leaves. Its numbers may have been cut a
    // second time here: those stay beside it, unless they were merged, too, and no order is left to tell.
    private ReceiveOutcome StoreMerged(VerifiedLeaf merged)
    {
        Leaf leaf = merged.Leaf;
        CellLeaves cell = Current.Find(leaf.Cell) ?? CellLeaves.Empty(leaf.Cell);
        StoredFile[] overlapping = [.. cell.Overlapping(leaf.Incarnation, merged.Run.Ordinals)];
        if (merged.Run.Leaves.Select((hash, i) => (new Ordinal(merged.Run.First.Value + i), hash))
            .All(one => overlapping.Any(file => file.Has(one.Item1, one.hash))))
            return ReceiveOutcome.AlreadyPresent;
        StoredFile[] replaced = [.. cell.ReplacedBy(leaf.Incarnation, merged.Run)];
        if (overlapping.Any(file => file.IsMerged && !replaced.Contains(file))) return ReceiveOutcome.Fork;
        if (!HasRoom(merged.Content.Length)) return ReceiveOutcome.DiskFull;
        ReceiveOutcome written = Attempt(() => _files.Write(merged), leaf);
        return written == ReceiveOutcome.Stored
            ? Attempt(() => PublishMerged(merged, replaced), leaf)
            : written;
    }

    private void PublishMerged(VerifiedLeaf merged, IReadOnlyCollection<StoredFile> replaced)
    {
        _leases.Keep(merged.Path);
        _files.Settle([merged]);
        ReplicaFile facts = ReplicaCatalog.FactsOf(merged);
        ReplicaVersion next = Current.Replacing(replaced, _catalog.Intern(facts));
        _catalog.Append(new ReplicaRecord.Merged([facts]), Current);
        Volatile.Write(ref _current, next);
        foreach (StoredFile old in replaced) _leases.DeleteLater(old.Path, next.Number);
        _leases.DeleteUnused();
        RewriteIfWasteful();
    }

    private bool HasRoom(long bytesLength) => _disk.FreeBytes - bytesLength >= _options.DiskReserveBytes;
}
