using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Storage.Catalog;

namespace TsDb.Storage.Shipping;

/// <summary>Decides what to cut. Pure: the cutter carries it out.</summary>
public static class CutPolicy
{
    /// <summary>
    /// The next shipment of one cell, or null while it should go on gathering. Segments are taken from the
    /// oldest rank on without a gap, because a higher ordinal is the newer; so what is due takes all that
    /// lies before it along.
    /// </summary>
    /// <param name="uncut">The cell's uncut segments, oldest rank first.</param>
    /// <param name="catalog">Says which ordinal comes next.</param>
    /// <param name="incarnation">The incarnation to cut in.</param>
    /// <param name="limits">Bytes, delay, number of segments.</param>
    /// <param name="now">The time.</param>
    public static CutPlan? Decide(
        IReadOnlyList<UncutSegment> uncut,
        CatalogState catalog,
        Incarnation incarnation,
        CutLimits limits,
        DateTimeOffset now)
    {
        if (uncut.Count == 0) return null;
        (int take, bool isFull) = Fill(uncut, limits);
        if (!isFull && !uncut.Any(s => s.DueAt <= now)) return null;
        StoredSegment oldest = uncut[0].Segment;
        ImmutableArray<StoredSegment> newer =
            [.. catalog.Cells[oldest.Manifest.Cell].Where(s => s.IsCut && s.Rank > oldest.Rank)];

        // Order is kept only if everything from the oldest on goes into one shipment.
        if (!newer.IsEmpty) take = uncut.Count;
        return Plan([.. uncut.Take(take).Select(s => s.Segment)], newer, catalog, incarnation);
    }

    /// <summary>
    /// When the cell is to be cut: at once if it is full, else when its first delay is over.
    /// </summary>
    public static DateTimeOffset DueAt(IReadOnlyList<UncutSegment> uncut, CutLimits limits) =>
        Fill(uncut, limits).IsFull ? DateTimeOffset.MinValue : uncut.Min(s => s.DueAt);

    /// <summary>The oldest segment of a plan by itself: for when the merge of all of them failed.</summary>
    public static CutPlan Alone(CutPlan plan)
    {
        ImmutableArray<StoredSegment> oldest = plan.Segments[..1];
        bool rewrite = !plan.Newer.IsEmpty || NeedsRewrite(oldest, plan.Incarnation, plan.Ordinal);
        return plan with { Segments = oldest, Rewrite = rewrite };
    }

    private static (int Take, bool IsFull) Fill(IReadOnlyList<UncutSegment> uncut, CutLimits limits)
    {
        int take = 0;
        long bytes = 0;
        long rows = 0;
        bool isFull = false;
        while (take < uncut.Count && !isFull)
        {
            StoredSegment segment = uncut[take++].Segment;
            bytes += segment.BytesLength;
            rows += segment.Manifest.Rows;
            isFull = bytes >= limits.ShipBytes || rows >= limits.RowsMax || take == limits.SegmentsMax;
        }

        return (take, isFull);
    }

    private static CutPlan Plan(
        ImmutableArray<StoredSegment> segments,
        ImmutableArray<StoredSegment> newer,
        CatalogState catalog,
        Incarnation incarnation)
    {
        Cell cell = segments[0].Manifest.Cell;
        Ordinal ordinal = catalog.OrdinalNext(cell, incarnation);
        bool rewrite = !newer.IsEmpty || NeedsRewrite(segments, incarnation, ordinal);
        return new CutPlan(cell, incarnation, ordinal, segments, rewrite) { Newer = newer };
    }

    // A file says in its footer which shipment it is: only where that is true it can be cut as it lies.
    private static bool NeedsRewrite(
        ImmutableArray<StoredSegment> segments, Incarnation incarnation, Ordinal ordinal) =>
        segments.Length > 1
        || segments[0].Manifest.Incarnation != incarnation
        || segments[0].Manifest.Ordinals != new OrdinalRange(ordinal, ordinal);
}
