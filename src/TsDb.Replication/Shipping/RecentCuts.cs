using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Storage.Catalog;

namespace TsDb.Replication.Shipping;

/// <summary>
/// Cuts to be made anew. A directory that was restored or cloned cuts under its old incarnation until the
/// cloud's word reaches it; what the other directory has cut under the same incarnation may lie above that,
/// and older points would win. What both have from before they parted stays as it is: cut anew it would go
/// over what the other one overwrote since. By the ledger, so that a restart forgets none.
/// <para>
/// Where they parted only the owners of a cell can tell, each by the leaves that it has: at its first leaf
/// with other bytes, or that only the cloud has. In a cell of which nobody says so there is nothing to do.
/// Leaves of here below that, which the node that spoke does not have and that are not durable elsewhere, may
/// be of after the parting, since the newest are shipped first; those that were sealed since this program
/// started are, as a directory is put back only while nobody runs on it.
/// </para>
/// </summary>
internal static class RecentCuts
{
    // Before the last cut: what an edge has cut in months under the name of which a copy has begun to run now
    // is not worth its bytes once more.
    private static readonly TimeSpan Span = TimeSpan.FromHours(3);

    /// <summary>
    /// Leaves of all cells that were sealed at a rank or above it, and cut lately, and with
    /// <paramref name="withWaiting"/> those that wait for the cloud; newest first in each cell.
    /// </summary>
    public static IEnumerable<Leaf> SinceRank(
        CatalogState catalog, Incarnation incarnation, long rank, bool withWaiting)
    {
        Dictionary<LedgerLeaf, DateTimeOffset> cuts = [];
        (Cell? cell, DateTimeOffset at) = (null, default);
        foreach ((LeafKey key, LedgerLeaf known) in catalog.Ledger)
        {
            if (key.Incarnation != incarnation) continue;

            // A clock may have gone back: of one cell no cut is older than the one before it.
            if (cell != key.Cell) (cell, at) = (key.Cell, default);
            if (known.CutAt > at) at = known.CutAt.Value;
            cuts.Add(known, at);
        }

        DateTimeOffset last = cuts.Where(cut => IsHere(cut.Key)).Select(cut => cut.Value)
            .DefaultIfEmpty().Max();
        DateTimeOffset since = last - DateTimeOffset.MinValue > Span ? last - Span : default;
        return NewestFirst(cuts.Keys, known => (withWaiting && IsWaiting(known))
            || (cuts[known] >= since && catalog.Segments[known.SegmentName!].Rank >= rank));
    }

    /// <summary>Leaves of one cell since its directories parted; newest first.</summary>
    public static IEnumerable<Leaf> Apart(
        CatalogState catalog, Incarnation incarnation, Divergence at)
    {
        IEnumerable<LedgerLeaf> cuts = catalog.Ledger.Values
            .Where(known => known.Leaf.Incarnation == incarnation && known.Leaf.Cell == at.Cell);
        return NewestFirst(cuts, known => known.Leaf.Ordinal.Value >= at.First.Value
            || (known.Leaf.Ordinal.Value >= at.Unseen.Value && IsWaiting(known)));
    }

    // All from the oldest of each cell on, but none that lie below a leaf whose rows are held no more, as
    // these would go over it.
    private static IEnumerable<Leaf> NewestFirst(
        IEnumerable<LedgerLeaf> cuts, Func<LedgerLeaf, bool> isApart) =>
        cuts.GroupBy(known => known.Leaf.Cell).SelectMany(group => group
            .SkipWhile(known => !IsHere(known) || !isApart(known))
            .Reverse()
            .TakeWhile(known => known.Presence is not (LeafPresence.Expired or LeafPresence.Erased))
            .Where(IsHere)
            .Select(known => known.Leaf));

    private static bool IsHere(LedgerLeaf known) =>
        known.Presence is LeafPresence.Present or LeafPresence.Compacted;

    private static bool IsWaiting(LedgerLeaf known) => known is { DurableAt: null, IsUnwanted: false };
}
