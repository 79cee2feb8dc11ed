using TsDb.Columnar;
using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Retention;

namespace TsDb.Storage.Compaction;

/// <summary>
/// Which segments of an edge may have rows of final tombstones, and which of them may be written anew. Pure:
/// the compactor carries it out.
/// </summary>
public static class PurgePolicy
{
    /// <summary>The segments that have to be looked through yet.</summary>
    /// <param name="catalog">Segments and ledger.</param>
    /// <param name="erasures">What is erased.</param>
    /// <param name="purgedTo">By a segment's name the change up to which it was looked through; 0 for
    /// never.</param>
    public static IEnumerable<(StoredSegment Segment, TablePurge Purge)> Left(
        CatalogState catalog, Erasures erasures, Func<string, long> purgedTo)
    {
        foreach (TablePurge purge in TablePurge.All(erasures))
        {
            foreach (StoredSegment segment in catalog.Segments.Values)
            {
                SegmentManifest manifest = segment.Manifest;
                if (manifest.Cell.Table == purge.Table && purge.MayConcern(
                    manifest.Range, manifest.Rows, manifest.Tags, purgedTo(segment.Name)))
                    yield return (segment, purge);
            }
        }
    }

    /// <summary>True if rows that are in no segment yet have to go; they do so once they are in
    /// one.</summary>
    public static bool HasHot(StoreVersion version, Erasures erasures) => TablePurge.All(erasures).Any(
        purge => version.Find(purge.Table)?.Hot?.Batches.Any(
            batch => !ReferenceEquals(purge.Mask.Seen(batch), batch)) == true);

    /// <summary>
    /// How a segment alone is written anew; null while it must stay as it is: what is not cut yet, unless
    /// nobody cuts here, what is cut and not durable, and the newest shipment of a day that goes on, because
    /// the next one is told off it.
    /// </summary>
    public static CompactionPlan? PlanOf(
        CatalogState catalog, StoredSegment segment, CompactionLimits limits, bool mayMergeUncut,
        DateTimeOffset now)
    {
        SegmentManifest manifest = segment.Manifest;
        bool mayGo = segment.IsCut ? RetentionPolicy.IsDurable(catalog, segment) : mayMergeUncut;
        if (!mayGo) return null;
        bool isNewest = segment.IsCut && manifest.Ordinals.Last.Value
            >= catalog.OrdinalNext(manifest.Cell, manifest.Incarnation).Value - 1;
        if (isNewest && !limits.IsOver(manifest.Cell.Day, now)) return null;
        return new CompactionPlan(
            new SegmentFacts(manifest.Cell, manifest.Incarnation, manifest.Ordinals), [segment]);
    }
}
