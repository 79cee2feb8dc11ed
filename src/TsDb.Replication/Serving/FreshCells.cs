using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Storage.Catalog;

namespace TsDb.Replication.Serving;

/// <summary>
/// Decides which cells an edge answers in a fresh query (DESIGN section 8): those of which it has more than
/// the cloud and all that the cloud has. Pure.
/// </summary>
public static class FreshCells
{
    // Leaves of which nobody here knows yet whether the cloud had counted them when it was asked: each may or
    // may not be in the cloud's state, and all combinations are tried.
    private const int OpenMax = 12;

    /// <summary>What becomes of one cell.</summary>
    /// <param name="catalog">The edge's segments and ledger.</param>
    /// <param name="cell">The cell.</param>
    /// <param name="hasHot">True if rows of it are in no segment yet.</param>
    /// <param name="pinned">What the cloud has of it.</param>
    /// <returns>Null if the cloud answers it; empty if the edge does; else why neither can be
    /// right.</returns>
    public static string? Decide(CatalogState catalog, Cell cell, bool hasHot, LeafDigest pinned)
    {
        ImmutableArray<LedgerLeaf> leaves = Leaves(catalog, cell);
        bool hasUncut = catalog.Cells.TryGetValue(cell, out ImmutableArray<StoredSegment> segments)
            && segments.Any(segment => !segment.IsCut);
        LeafDigest all = Digest(leaves);
        if (!hasHot && !hasUncut && (leaves.IsEmpty || IsAllInCloud(leaves, all, pinned))) return null;
        if (!Contains(leaves, all, pinned))
            return "the cloud has shipments of it that this edge does not hold (restored or cloned)";
        bool isWhole = leaves.All(leaf =>
            leaf.Presence is LeafPresence.Present or LeafPresence.Compacted or LeafPresence.Forked);
        return isWhole ? "" : "retention dropped a part of it here";
    }

    /// <summary>The cell's leaves that the cloud can have: also such as were cut anew since.</summary>
    public static ImmutableArray<LedgerLeaf> Leaves(CatalogState catalog, Cell cell)
    {
        ImmutableArray<LedgerLeaf>.Builder leaves = ImmutableArray.CreateBuilder<LedgerLeaf>();
        foreach (Incarnation incarnation in catalog.OrdinalsLast.Keys
            .Where(key => key.Cell == cell).Select(key => key.Incarnation))
        {
            Ordinal last = catalog.OrdinalsLast[(cell, incarnation)];
            for (long ordinal = Ordinal.First.Value; ordinal <= last.Value; ordinal++)
            {
                LeafKey key = new(cell, incarnation, new Ordinal(ordinal));
                if (catalog.Ledger.TryGetValue(key, out LedgerLeaf? leaf)) leaves.Add(leaf);
            }
        }

        return leaves.ToImmutable();
    }

    // The rows of what was cut anew are in leaves that came after it: the cloud may have it, or lack it.
    private static bool IsAllInCloud(ImmutableArray<LedgerLeaf> leaves, LeafDigest all, LeafDigest pinned) =>
        all == pinned
        || pinned == Digest(leaves.Where(leaf => leaf.Presence != LeafPresence.Forked))
        || pinned == Digest(
            leaves.Where(leaf => leaf.Presence != LeafPresence.Forked || leaf.DurableAt is not null));

    private static LeafDigest Digest(IEnumerable<LedgerLeaf> leaves) =>
        LeafDigest.Of(leaves.Select(leaf => leaf.Leaf));

    // True if the digest is that of all leaves but some of the last.
    private static bool Contains(ImmutableArray<LedgerLeaf> leaves, LeafDigest all, LeafDigest pinned)
    {
        if (pinned == LeafDigest.Empty || pinned == all) return true;
        long lacking = all.Count - pinned.Count;
        if (lacking < 0 || lacking > leaves.Length) return false;

        // Not durable yet first, then what became so last: everything else the cloud has told us it had.
        LeafDigest[] open =
        [
            .. leaves.OrderBy(leaf => leaf.DurableAt is not null).ThenByDescending(
                leaf => leaf.Leaf.Ordinal.Value)
                .Select(leaf => LeafDigest.Of(leaf.Leaf)),
        ];

        // A long backlog: all that is not durable is lacking, and a few more or fewer.
        int backlog = leaves.Count(leaf => leaf.DurableAt is null);
        LeafDigest rest = all;
        int certain = Math.Max(0, backlog - OpenMax / 2);
        foreach (LeafDigest leaf in open.AsSpan(0, certain)) rest -= leaf;
        return IsSubset(open.AsSpan(certain, Math.Min(OpenMax, open.Length - certain)), rest - pinned);
    }

    private static bool IsSubset(ReadOnlySpan<LeafDigest> open, LeafDigest lacking)
    {
        for (int which = 0; which < 1 << open.Length; which++)
        {
            LeafDigest sum = LeafDigest.Empty;
            for (int i = 0; i < open.Length; i++)
            {
                if ((which >> i & 1) != 0) sum += open[i];
            }

            if (sum == lacking) return true;
        }

        return false;
    }
}
