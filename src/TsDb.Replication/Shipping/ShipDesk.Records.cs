using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Shipping;

namespace TsDb.Replication.Shipping;

/// <content>What shipping writes down: in the catalog, and beside it.</content>
public sealed partial class ShipDesk
{
    // What cannot be recorded now (a full or failing disk) is tried again: the cloud has said it, and a
    // restart in between only makes it say so once more.
    private void Record(Leaf leaf, Func<LedgerLeaf, bool> applies, CatalogRecord record, DateTimeOffset now)
    {
        try
        {
            _parts.Store.ChangeCatalog(state =>
                state.Ledger.TryGetValue(LeafKey.Of(leaf), out LedgerLeaf? open)
                && open.Leaf.Hash == leaf.Hash
                && applies(open) ? record : null);
        }
        catch (TsDbException failed) when (failed.Kind == ErrorKind.Unavailable)
        {
            Log.NotRecorded(_log, leaf.Cell, leaf.Ordinal.Value, failed);
            _unrecorded.Enqueue(later => Record(leaf, applies, record, later));
            _recordAt = now + RecordAgainAfter;
        }
    }

    // Rows that were cut under an incarnation that is not this directory's alone are cut anew, also where
    // the cloud has them already; but not where newer ones of their cell are held no more, as they would go
    // over these.
    private void TakeNewIncarnation(DateTimeOffset now)
    {
        Incarnation before = _parts.Store.Incarnation;
        Incarnation incarnation = _parts.Store.RenewIncarnation();
        Log.IncarnationTaken(_log, incarnation);
        foreach (Leaf leaf in _recent.Take(before))
        {
            _events.Enqueue(new ShipEvent.LeafDropped(leaf.Hash));
            Record(
                leaf,
                open => open.Presence == LeafPresence.Present && IsNewestHeld(leaf),
                new LeafForked(leaf),
                now);
        }

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
