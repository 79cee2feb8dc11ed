using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Retention;

namespace TsDb.Storage.Compaction;

/// <summary>Decides which segments of an edge become one. Pure: the compactor carries it out.</summary>
public static class CompactionPolicy
{
    // Where nothing is cut, files of like size are put together, so many at a time.
    private const int UncutCount = 8;
    private const int UncutSizesApart = 8;

    /// <summary>The next compaction of a cell; null if there is none.</summary>
    /// <param name="catalog">Segments and ledger.</param>
    /// <param name="cell">The cell.</param>
    /// <param name="limits">Bounds of one merge.</param>
    /// <param name="mayMergeUncut">True if nobody cuts here, because there is no uplink.</param>
    /// <param name="now">The time.</param>
    public static CompactionPlan? Decide(
        CatalogState catalog, Cell cell, CompactionLimits limits, bool mayMergeUncut, DateTimeOffset now)
    {
        if (!catalog.Cells.TryGetValue(cell, out ImmutableArray<StoredSegment> segments)
            || segments.Length < 2) return null;
        bool hasUncut = segments.Any(segment => !segment.IsCut);
        bool isClosed = !hasUncut && limits.IsOver(cell.Day, now);
        foreach (IGrouping<Incarnation, StoredSegment> group in segments
            .Where(segment => segment.IsCut && RetentionPolicy.IsDurable(catalog, segment))
            .GroupBy(segment => segment.Manifest.Incarnation))
        {
            StoredSegment[] files = [.. group.OrderBy(s => s.Manifest.Ordinals.First)];

            // The newest shipment of a day that goes on stays: the next one is told off it.
            Ordinal newest = catalog.OrdinalNext(cell, group.Key);
            if (!isClosed)
                files = [.. files.Where(s => s.Manifest.Ordinals.Last.Value < newest.Value - 1)];
            RunExtent[] runs =
            [
                .. files.Select(s => new RunExtent(s.Manifest.Ordinals, s.BytesLength, s.Manifest.Rows)),
            ];
            if (CompactionBlocks.Find(runs, limits, isClosed) is not { } found) continue;
            ImmutableArray<StoredSegment> chosen = [.. files[found].OrderBy(s => s.Rank)];
            if (!IsRunOfRanks(segments, chosen) || !AreAlike(chosen)) continue;
            OrdinalRange ordinals = new(runs[found][0].Ordinals.First, runs[found][^1].Ordinals.Last);
            return new CompactionPlan(new SegmentFacts(cell, group.Key, ordinals), chosen);
        }

        return mayMergeUncut ? Uncut(catalog, cell, segments, limits) : null;
    }

    private static CompactionPlan? Uncut(
        CatalogState catalog, Cell cell, ImmutableArray<StoredSegment> segments, CompactionLimits limits)
    {
        for (int start = 0; start + UncutCount <= segments.Length; start++)
        {
            ImmutableArray<StoredSegment> chosen = segments.Slice(start, UncutCount);
            Incarnation incarnation = chosen[0].Manifest.Incarnation;
            bool fits = chosen.All(s => !s.IsCut && s.Manifest.Incarnation == incarnation)
                && chosen.Sum(s => s.BytesLength) <= limits.InputBytesMax
                && chosen.Sum(s => s.Manifest.Rows) <= limits.RowsMax
                && chosen.Max(s => s.BytesLength) <= UncutSizesApart * chosen.Min(s => s.BytesLength);
            if (!fits || !AreAlike(chosen)) continue;
            Ordinal ordinal = catalog.OrdinalNext(cell, incarnation);
            return new CompactionPlan(
                new SegmentFacts(cell, incarnation, new OrdinalRange(ordinal, ordinal)), chosen);
        }

        return null;
    }

    // Rows of a segment between them would be older than some of the merged rows and newer than others.
    private static bool IsRunOfRanks(
        ImmutableArray<StoredSegment> all, ImmutableArray<StoredSegment> chosen) =>
        all.Count(s => s.Rank >= chosen[0].Rank && s.Rank <= chosen[^1].Rank) == chosen.Length
        && !all.Any(s => !s.IsCut && s.Rank < chosen[^1].Rank && chosen[^1].IsCut);

    /// <summary>True if no column comes in two types or roles.</summary>
    public static bool AreAlike(IEnumerable<StoredSegment> segments) => segments
        .SelectMany(segment => segment.Manifest.Tags.Concat(segment.Manifest.Fields)).Distinct()
        .GroupBy(column => column.Name, StringComparer.Ordinal).All(columns => columns.Count() == 1);
}
