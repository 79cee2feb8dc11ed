using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Retention;
using TsDb.Storage.Shipping;

namespace TsDb.Replication.Shipping;

/// <content>What the cloud has lost: offered again, or cut anew, and then told so.</content>
public sealed partial class ShipDesk
{
    private const int SupersededPerPage = 512;

    private void LookUp(ContentHash hash)
    {
        if (Held(hash) is { } held)
        {
            if (ShipLedger.Open(_parts.Store.Catalog, held with { DurableAt = null }) is not { } leaf) return;
            Log.LeafMissing(_log, held.Leaf.Cell, held.Leaf.Ordinal.Value);
            _events.Enqueue(new ShipEvent.LeafCut(leaf));
            return;
        }

        CutRunAnew(hash);
        if (Find(_parts.Store.Catalog, hash, LeafPresence.Forked) is { } forked) TellSuperseded(forked.Leaf);
    }

    // The bytes of the leaf are gone, its rows are not: they are cut once more, with those it was put
    // together with.
    private void CutRunAnew(ContentHash hash)
    {
        _parts.Store.ChangeCatalog(state => Find(state, hash, LeafPresence.Compacted)
                is { SegmentName: { } name } lost
            && state.Segments.TryGetValue(name, out StoredSegment? run) && run.IsCut
                ? new SegmentUncut(name, lost.Leaf) : null);
    }

    // Its rows were cut anew before, or are to be: it does not count as durable any more, and the cloud hears
    // of it as soon as they are.
    private void TellSuperseded(Leaf lost)
    {
        _parts.Store.ChangeCatalog(state =>
            state.Ledger[LeafKey.Of(lost)].DurableAt is null ? null : new LeafLost(lost));
        if (_parts.Store.Catalog.SupersederOf(lost) is { } segment) SaySuperseded(segment);
    }

    private void SaySuperseded(StoredSegment segment)
    {
        CatalogState catalog = _parts.Store.Catalog;
        if (segment.Supersedes.IsEmpty || !RetentionPolicy.IsDurable(catalog, segment)) return;
        IEnumerable<Leaf> lost = segment.Supersedes.Where(leaf =>
            catalog.Ledger.TryGetValue(LeafKey.Of(leaf), out LedgerLeaf? known) && known.DurableAt is null);
        foreach (Leaf[] page in lost.Chunk(SupersededPerPage))
            Say(_shipper.Header, new EdgeControl.Superseded([.. page]));
    }

    private LedgerLeaf? Held(ContentHash hash) =>
        Find(_parts.Store.Catalog, hash, LeafPresence.Present);

    private static LedgerLeaf? Find(CatalogState catalog, ContentHash hash, LeafPresence presence) =>
        catalog.Ledger.Values.FirstOrDefault(l => l.Leaf.Hash == hash && l.Presence == presence);
}
