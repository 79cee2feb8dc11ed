using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Shipping;

namespace TsDb.Replication.Shipping;

/// <content>What shipping writes down: in the catalog, and beside it.</content>
public sealed partial class ShipDesk
{
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
            case ShipEffect.CutAnew fork:
                _changes.Add(new LeafChange(
                    fork.Leaf, open => open.Presence == LeafPresence.Present, new LeafForked(fork.Leaf)));
                Log.LeafForked(_log, fork.Leaf.Cell, fork.Leaf.Ordinal.Value);
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
            _unrecorded.Enqueue(later =>
            {
                _changes.AddRange(changes);
                RecordChanges(later);
            });
            _recordAt = now + RecordAgainAfter;
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

    // Rows that were cut under an incarnation that is not this directory's alone are cut anew, also where
    // the cloud has them already; but not where newer ones of their cell are held no more, as they would go
    // over these.
    private void TakeNewIncarnation(DateTimeOffset now)
    {
        Incarnation before = _parts.Store.Incarnation;
        Incarnation incarnation = _parts.Store.RenewIncarnation();
        Log.IncarnationTaken(_log, incarnation);
        foreach (Leaf leaf in RecentCuts.Of(_parts.Store.Catalog, before))
        {
            _events.Enqueue(new ShipEvent.LeafDropped(leaf.Hash));
            if (!IsNewestHeld(leaf)) continue;
            CutRunAnew(leaf.Hash);
            _changes.Add(new LeafChange(
                leaf, open => open.Presence == LeafPresence.Present, new LeafForked(leaf)));
        }

        RecordChanges(now);
        _events.Enqueue(new ShipEvent.IncarnationTaken(incarnation));
    }

    private bool IsNewestHeld(Leaf leaf)
    {
        CatalogState catalog = _parts.Store.Catalog;
        Ordinal last = catalog.OrdinalsLast[(leaf.Cell, leaf.Incarnation)];
        for (Ordinal at = leaf.Ordinal; at.Value <= last.Value; at = at.Next())
        {
            LeafKey key = new(leaf.Cell, leaf.Incarnation, at);
            LeafPresence? presence = catalog.Ledger.GetValueOrDefault(key)?.Presence;
            if (presence is LeafPresence.Expired or LeafPresence.Erased) return false;
        }

        return true;
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
            _unrecorded.Enqueue(later => Pin(cluster, later));
            _recordAt = now + RecordAgainAfter;
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
