using TsDb.Model;
using TsDb.Storage.Catalog;

namespace TsDb.Replication.Shipping;

/// <summary>
/// What was cut lately. A directory that was restored or cloned cuts under its old incarnation until the
/// cloud's word reaches it; those ordinals lie among, or below, such as it does not know, so older points
/// would win over their rows. They are cut anew then. By the ledger, so that a restart forgets none.
/// </summary>
internal static class RecentCuts
{
    /// <summary>Before the last cut. Ledgers are compared every hour, and at every connect.</summary>
    private static readonly TimeSpan Span = TimeSpan.FromHours(3);

    private const int LeavesMax = 4_096;

    /// <summary>The leaves of an incarnation that were cut lately and whose rows are here, oldest
    /// first.</summary>
    public static IReadOnlyList<Leaf> Of(CatalogState catalog, Incarnation incarnation)
    {
        List<(DateTimeOffset At, Leaf Leaf)> cuts = [];
        (Cell? cell, DateTimeOffset at) = (null, default);
        foreach ((LeafKey key, LedgerLeaf known) in catalog.Ledger)
        {
            if (key.Incarnation != incarnation || known.CutAt is not { } told) continue;

            // A clock may have gone back: of one cell no cut is older than the one before it.
            at = cell != key.Cell || told > at ? told : at;
            cell = key.Cell;
            if (known.Presence is LeafPresence.Present or LeafPresence.Compacted) cuts.Add((at, known.Leaf));
        }

        if (cuts.Count == 0) return [];
        DateTimeOffset since = cuts.Max(cut => cut.At) - Span;
        return
        [
            .. cuts.Where(cut => cut.At >= since).OrderBy(cut => cut.At).TakeLast(LeavesMax)
                .Select(cut => cut.Leaf),
        ];
    }
}
