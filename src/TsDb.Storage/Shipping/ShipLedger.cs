using TsDb.Model;
using TsDb.Storage.Catalog;

namespace TsDb.Storage.Shipping;

/// <summary>
/// The cut shipments that are not at their end yet, with what is known of their way. Steps: Cut to Offered
/// and back; Cut or Offered to Durable, Quarantined or Expired; Quarantined back to Cut. Anything else is
/// refused. What must survive a restart (cut, set aside, durable, expired) lies in the catalog, which also
/// keeps the leaves that have ended; a restart therefore returns Offered to Cut by itself. Used by one thread
/// at a time.
/// </summary>
public sealed class ShipLedger
{
    private readonly Dictionary<ContentHash, Entry> _open = [];

    /// <summary>Number of leaves that are not at their end, quarantined ones included.</summary>
    public int Count => _open.Count;

    /// <summary>Their bytes.</summary>
    public long BytesLength { get; private set; }

    /// <summary>Number of leaves in quarantine.</summary>
    public int QuarantinedCount { get; private set; }

    /// <summary>
    /// The leaves of the catalog that lie here and are not durable: in state Cut, or set aside.
    /// </summary>
    public static ShipLedger Restore(CatalogState catalog)
    {
        ShipLedger ledger = new();
        foreach (LedgerLeaf leaf in catalog.Ledger.Values)
        {
            if (Open(catalog, leaf) is not { } open) continue;
            ledger.Add(open);
            if (leaf.Aside is { } aside) ledger.Quarantine(open.Leaf.Hash, aside.Reason, aside.Epoch);
        }

        return ledger;
    }

    /// <summary>
    /// The leaf with its file if it is to be shipped: present and neither durable nor expired; null
    /// otherwise.
    /// </summary>
    public static ShipLeaf? Open(CatalogState catalog, LedgerLeaf leaf) =>
        leaf is { DurableAt: null, IsUnwanted: false, Presence: LeafPresence.Present, SegmentName: { } name }
        && catalog.Segments.TryGetValue(name, out StoredSegment? segment)
            ? new ShipLeaf(leaf.Leaf, name, leaf.BytesLength, segment.Manifest.Rows, segment.Manifest.Range)
            : null;

    /// <summary>A shipment was cut and recorded. False if it was known.</summary>
    public bool Add(ShipLeaf leaf)
    {
        if (!_open.TryAdd(leaf.Leaf.Hash, new Entry(leaf, LeafState.Cut, null))) return false;
        BytesLength += leaf.BytesLength;
        return true;
    }

    /// <summary>The leaf of that hash if it is not at its end.</summary>
    public ShipLeaf? Find(ContentHash hash) => _open.GetValueOrDefault(hash)?.Leaf;

    /// <summary>The state of an open leaf; null if it is unknown or at its end.</summary>
    public LeafState? StateOf(ContentHash hash) => _open.GetValueOrDefault(hash)?.State;

    /// <summary>Why the leaf is in quarantine; null if it is not.</summary>
    public string? ReasonOf(ContentHash hash) => _open.GetValueOrDefault(hash)?.Reason;

    /// <summary>Open leaves, newest points first.</summary>
    public IEnumerable<ShipLeaf> NewestFirst() => _open.Values.Select(e => e.Leaf).OrderDescending();

    /// <summary>The leaves in one state, newest points first.</summary>
    public IReadOnlyList<ShipLeaf> In(LeafState state) =>
        [.. _open.Values.Where(e => e.State == state).Select(e => e.Leaf).OrderDescending()];

    /// <summary>Cut to Offered.</summary>
    public void Offer(ContentHash hash) =>
        Step(hash, LeafState.Offered, null, LeafState.Cut, LeafState.Offered);

    /// <summary>Offered to Cut: the link is gone, nobody may have heard.</summary>
    public void Withdraw(ContentHash hash) =>
        Step(hash, LeafState.Cut, null, LeafState.Offered, LeafState.Cut);

    /// <summary>The epoch at which the leaf was set aside; null if it is not.</summary>
    public Epoch? SetAsideAt(ContentHash hash) => _open.GetValueOrDefault(hash)?.AsideAt;

    /// <summary>To Quarantined, with the reason and the cluster's epoch.</summary>
    public void Quarantine(ContentHash hash, string reason, Epoch epoch = default)
    {
        Step(hash, LeafState.Quarantined, reason, LeafState.Cut, LeafState.Offered);
        _open[hash] = _open[hash] with { AsideAt = epoch };
        QuarantinedCount++;
    }

    /// <summary>Quarantined to Cut: it may be offered again.</summary>
    public void Requeue(ContentHash hash)
    {
        Step(hash, LeafState.Cut, null, LeafState.Quarantined);
        QuarantinedCount--;
    }

    /// <summary>
    /// The leaf came to its end: <see cref="LeafState.Durable"/> or <see cref="LeafState.Expired"/>. Returns
    /// it, or null if it was at its end already, since any message may come twice.
    /// </summary>
    public ShipLeaf? End(ContentHash hash, LeafState state)
    {
        if (state is not (LeafState.Durable or LeafState.Expired))
            throw new TsDbException(ErrorKind.Invalid, $"{state} is no end of a shipment");
        if (!_open.Remove(hash, out Entry? entry)) return null;
        BytesLength -= entry.Leaf.BytesLength;
        if (entry.State == LeafState.Quarantined) QuarantinedCount--;
        return entry.Leaf;
    }

    private void Step(ContentHash hash, LeafState to, string? reason, params ReadOnlySpan<LeafState> from)
    {
        if (!_open.TryGetValue(hash, out Entry? entry))
            throw new TsDbException(
                ErrorKind.NotFound, $"shipment {hash} is not open, it cannot become {to}");
        if (!from.Contains(entry.State))
            throw new TsDbException(
                ErrorKind.Conflict, $"shipment {hash} is {entry.State}, it cannot become {to}");
        _open[hash] = entry with { State = to, Reason = reason, AsideAt = null };
    }

    private sealed record Entry(ShipLeaf Leaf, LeafState State, string? Reason)
    {
        public Epoch? AsideAt { get; init; }
    }
}
