using TsDb.Model;
using TsDb.Storage.Catalog;

namespace TsDb.Replication.Shipping;

/// <summary>
/// What was cut lately. A directory that was restored or cloned cuts under its old incarnation until the
/// cloud's word reaches it; those ordinals lie among, or below, such as it does not know, so older points
/// would win over their rows. They are cut anew then. By the ledger, so that a restart forgets none. In how
/// many pieces a cell was cut meanwhile does not matter: one that the cloud has otherwise, or a number that
/// only the cloud has, tells of all of them; where there is neither, everything the cloud has lies below or
/// is the same.
/// </summary>
internal static class RecentCuts
{
    /// <summary>
    /// Before the last cut. Ledgers are compared every hour, and at every connect; what is not durable yet
    /// may have waited for a connection for longer.
    /// </summary>
    private static readonly TimeSpan Span = TimeSpan.FromHours(3);

    /// <summary>
    /// The leaves of an incarnation that were cut lately, or wait for the cloud, and whose rows are here; by
    /// cell, the newest first, without a gap: none but those that lie below a leaf whose rows are held no
    /// more, as these would go over it.
    /// </summary>
    public static IEnumerable<Leaf> Of(CatalogState catalog, Incarnation incarnation)
    {
        List<(DateTimeOffset At, LedgerLeaf Known)> cuts = [];
        (Cell? cell, DateTimeOffset at) = (null, default);
        foreach ((LeafKey key, LedgerLeaf known) in catalog.Ledger)
        {
            if (key.Incarnation != incarnation) continue;

            // A clock may have gone back: of one cell no cut is older than the one before it.
            if (cell != key.Cell) (cell, at) = (key.Cell, default);
            if (known.CutAt > at) at = known.CutAt.Value;
            cuts.Add((at, known));
        }

        if (!cuts.Any(cut => IsHere(cut.Known))) return [];
        DateTimeOffset last = cuts.Where(cut => IsHere(cut.Known)).Max(cut => cut.At);
        DateTimeOffset since = last - DateTimeOffset.MinValue > Span ? last - Span : default;
        return cuts.GroupBy(cut => cut.Known.Leaf.Cell).SelectMany(group => group
            .SkipWhile(cut => !IsHere(cut.Known) || (cut.At < since && !IsWaiting(cut.Known)))
            .Reverse()
            .TakeWhile(cut => cut.Known.Presence is not (LeafPresence.Expired or LeafPresence.Erased))
            .Where(cut => IsHere(cut.Known))
            .Select(cut => cut.Known.Leaf));
    }

    private static bool IsHere(LedgerLeaf known) =>
        known.Presence is LeafPresence.Present or LeafPresence.Compacted;

    private static bool IsWaiting(LedgerLeaf known) => known is { DurableAt: null, IsUnwanted: false };
}
