using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Shipping;

namespace TsDb.Replication.Shipping;

/// <content>What shipping writes down: in the catalog, and beside it.</content>
public sealed partial class ShipDesk
{
    private const int UncutPerRecord = 1_024;

    private static readonly TimeSpan RecordAgainAfter = TimeSpan.FromSeconds(5);

    private readonly List<LeafChange> _changes = [];
    private readonly Queue<Action<DateTimeOffset>> _unrecorded = new();
    private DateTimeOffset _recordAt = DateTimeOffset.MaxValue;

    private bool TryNote(ShipEffect effect)
    {
        switch (effect)
        {
            case ShipEffect.MarkDurable durable:
                LeafDurable record = new(durable.Leaf, durable.Epoch);
                _changes.Add(new LeafChange(durable.Leaf, open => open.DurableAt is null, record));
                _forms.Durable(durable.Leaf);
                Log.LeafDurable(_log, durable.Leaf.Cell, durable.Leaf.Ordinal.Value, durable.Epoch.Value);
                return true;
            case ShipEffect.MarkExpired expired:
                _changes.Add(new LeafChange(
                    expired.Leaf, open => !open.IsUnwanted, new LeafUnwanted(expired.Leaf)));
                Log.LeafExpired(_log, expired.Leaf.Cell, expired.Leaf.Ordinal.Value);
                return true;
            case ShipEffect.MarkQuarantined aside:
                SetAside why = new(aside.Reason, aside.Epoch);
                _changes.Add(new LeafChange(
                    aside.Leaf, open => open.Aside != why, new LeafSetAside(aside.Leaf, why)));
                Log.LeafQuarantined(_log, aside.Leaf.Cell, aside.Leaf.Ordinal.Value, aside.Reason);
                return true;
            case ShipEffect.MarkRequeued again:
                _changes.Add(new LeafChange(
                    again.Leaf, open => open.Aside is not null, new LeafSetAside(again.Leaf, null)));
                return true;
            default:
                return false;
        }
    }

    // With one fsync for all. What cannot be recorded now (a full or failing disk) is tried again: the cloud
    // has said it, and a restart in between only makes it say so once more.
    private void RecordChanges(DateTimeOffset now)
    {
        if (_changes.Count == 0) return;
        LeafChange[] changes = [.. _changes];
        _changes.Clear();
        try
        {
            _parts.Store.ChangeCatalog(
                state => ChangesTogether.Of([.. changes.Where(c => c.Applies(state)).Select(c => c.Record)]));
        }
        catch (TsDbException failed) when (failed.Kind == ErrorKind.Unavailable)
        {
            Leaf first = changes[0].Leaf;
            Log.NotRecorded(_log, first.Cell, first.Ordinal.Value, failed);
            DoLater(
                later =>
                {
                    _changes.AddRange(changes);
                    RecordChanges(later);
                },
                now);
            return;
        }

        foreach (LeafChange change in changes)
        {
            if (change.Record is LeafDurable && SegmentOf(change.Leaf) is { } segment) SaySuperseded(segment);
        }
    }

    private StoredSegment? SegmentOf(Leaf leaf)
    {
        CatalogState catalog = _parts.Store.Catalog;
        return catalog.Ledger.GetValueOrDefault(LeafKey.Of(leaf))?.SegmentName is { } name
            ? catalog.Segments.GetValueOrDefault(name)
            : null;
    }

    // Rows that were cut under an incarnation that is not this directory's alone are cut anew where leaves of
    // the other one may lie above them, also if the cloud has them already. That is recorded before the
    // incarnation is left: should it be broken off, what is still cut is older than what is not, and the
    // cloud, which compares again, says the same to the incarnation that stayed. The other way round, a crash
    // in between would leave rows below the cuts of the other directory, and the new incarnation would know
    // nothing of it.
    private void TakeNewIncarnation(Divergence? divergence, DateTimeOffset now)
    {
        Incarnation before = _parts.Store.Incarnation;
        Incarnation taken;
        try
        {
            TakeBack(RecentCuts.SinceRank(_parts.Store.Catalog, before, _rankAtStart, divergence is null));
            if (divergence is not null)
                TakeBack(RecentCuts.Apart(_parts.Store.Catalog, before, divergence));
            taken = _parts.Store.RenewIncarnation();
        }
        catch (Exception failed) when (
            failed is IOException or TsDbException { Kind: ErrorKind.Unavailable })
        {
            Log.IncarnationNotTaken(_log, before, failed);
            DoLater(
                later =>
                {
                    if (_parts.Store.Incarnation == before) TakeNewIncarnation(divergence, later);
                },
                now);
            return;
        }

        Log.IncarnationTaken(_log, taken);
        _events.Enqueue(new ShipEvent.IncarnationTaken(taken));
    }

    private void TakeBackCuts(ShipEffect.TakeBackCuts back, DateTimeOffset now)
    {
        try
        {
            TakeBack(RecentCuts.Apart(_parts.Store.Catalog, back.Incarnation, back.Divergence));
        }
        catch (TsDbException failed) when (failed.Kind == ErrorKind.Unavailable)
        {
            Log.CutsNotTakenBack(_log, back.Divergence.Cell, failed);
            DoLater(later => TakeBackCuts(back, later), now);
        }
    }

    private void TakeBack(IEnumerable<Leaf> newestFirst)
    {
        foreach (Leaf[] some in newestFirst.Chunk(UncutPerRecord))
        {
            _parts.Store.ChangeCatalog(state => Uncut(state, some));
            foreach (Leaf leaf in some)
            {
                Log.CutTakenBack(_log, leaf.Cell, leaf.Ordinal.Value, leaf.Incarnation);
                _events.Enqueue(new ShipEvent.LeafDropped(leaf.Hash));
            }
        }
    }

    private void DoLater(Action<DateTimeOffset> work, DateTimeOffset now)
    {
        _unrecorded.Enqueue(work);
        _recordAt = now + RecordAgainAfter;
    }

    private static CatalogRecord? Uncut(CatalogState state, Leaf[] newestFirst)
    {
        List<CatalogRecord> records = [];
        foreach (Leaf leaf in newestFirst)
        {
            LedgerLeaf known = state.Ledger[LeafKey.Of(leaf)];
            CatalogRecord? record = known switch
            {
                { Presence: LeafPresence.Present } => new LeafForked(leaf),
                { Presence: LeafPresence.Compacted, SegmentName: { } name } => new SegmentUncut(name, leaf),
                _ => null,
            };
            if (record is null) continue;
            records.Add(record);
            state = state.Apply(record);
        }

        return ChangesTogether.Of(records);
    }

    private void Pin(ClusterId cluster, DateTimeOffset now)
    {
        try
        {
            ClusterPin.Write(_parts.Disk, cluster);
            Log.ClusterPinned(_log, cluster);
        }
        catch (IOException failed)
        {
            Log.NotPinned(_log, cluster, failed);
            DoLater(later => Pin(cluster, later), now);
        }
    }

    private void RecordAgain(DateTimeOffset now)
    {
        if (_recordAt > now) return;
        _recordAt = DateTimeOffset.MaxValue;
        for (int i = _unrecorded.Count; i > 0 && _recordAt > now; i--) _unrecorded.Dequeue()(now);
        if (_unrecorded.Count > 0) _recordAt = now + RecordAgainAfter;
    }
}
