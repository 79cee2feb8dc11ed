using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Storage.Catalog;

namespace TsDb.Storage.Shipping;

/// <summary>Decides what to cut. Pure: the cutter carries it out.</summary>
public static class CutPolicy
{
    /// <summary>
    /// The next shipment of one cell, or null while it should go on gathering. Segments are taken from the oldest rank on
    /// without a gap, because a higher ordinal is the newer; so what is due takes all that lies before it along.
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
        int take = 0;
        long bytes = 0;
        while (take < uncut.Count && take < limits.SegmentsMax && bytes < limits.ShipBytes)
            bytes += uncut[take++].Segment.BytesLength;
        bool full = bytes >= limits.ShipBytes || take == limits.SegmentsMax;
        if (!full && !uncut.Any(s => s.DueAt <= now)) return null;

        ImmutableArray<StoredSegment> segments = [.. uncut.Take(take).Select(s => s.Segment)];
        Cell cell = segments[0].Manifest.Cell;
        Ordinal ordinal = catalog.OrdinalNext(cell, incarnation);
        SegmentManifest first = segments[0].Manifest;
        bool asItLies = segments.Length == 1
            && first.Incarnation == incarnation
            && first.Ordinals == new OrdinalRange(ordinal, ordinal);
        return new CutPlan(cell, incarnation, ordinal, segments, !asItLies);
    }

    /// <summary>
    /// When the cell should be looked at again: its first due time; null if nothing is uncut.
    /// </summary>
    public static DateTimeOffset? DueAt(IReadOnlyList<UncutSegment> uncut) =>
        uncut.Count == 0 ? null : uncut.Min(s => s.DueAt);
}
