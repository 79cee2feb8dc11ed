using TsDb.Storage.Catalog;
using TsDb.Storage.Retention;

namespace TsDb.Storage.Shipping;

/// <summary>What lies here and is not durable in the cloud, by the catalog: cut or not.</summary>
/// <param name="Segments">Segment files.</param>
/// <param name="BytesLength">Their bytes.</param>
/// <param name="OldestNanoseconds">The earliest time of their rows; null if there are none.</param>
public sealed record ShipBacklog(long Segments, long BytesLength, long? OldestNanoseconds)
{
    /// <summary>The backlog of a catalog. Work is linear in its segments.</summary>
    public static ShipBacklog Of(CatalogState catalog)
    {
        long segments = 0;
        long bytes = 0;
        long oldest = long.MaxValue;
        foreach (StoredSegment segment in catalog.Segments.Values)
        {
            if (RetentionPolicy.IsDurable(catalog, segment)) continue;
            segments++;
            bytes += segment.BytesLength;
            oldest = Math.Min(oldest, segment.Manifest.Range.StartNanoseconds);
        }

        return new ShipBacklog(segments, bytes, segments == 0 ? null : oldest);
    }
}
