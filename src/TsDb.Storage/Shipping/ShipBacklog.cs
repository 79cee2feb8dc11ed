using TsDb.Storage.Catalog;

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
            if (IsSafe(catalog, segment)) continue;
            segments++;
            bytes += segment.BytesLength;
            oldest = Math.Min(oldest, segment.Manifest.Range.StartNanoseconds);
        }

        return new ShipBacklog(segments, bytes, segments == 0 ? null : oldest);
    }

    private static bool IsSafe(CatalogState catalog, StoredSegment segment)
    {
        if (!segment.IsCut) return false;

        // Only durable runs are ever compacted, so the last ordinal speaks for all.
        LeafKey key = new(segment.Manifest.Cell, segment.Manifest.Incarnation, segment.Manifest.Ordinals.Last);
        return catalog.Ledger.TryGetValue(key, out LedgerLeaf? leaf) && leaf.DurableAt is not null;
    }
}
