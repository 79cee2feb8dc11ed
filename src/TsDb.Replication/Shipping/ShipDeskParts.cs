using TsDb.Codec.Shipment;
using TsDb.Storage.Ports;
using TsDb.Storage.Shipping;

namespace TsDb.Replication.Shipping;

/// <summary>What a <see cref="ShipDesk"/> works with.</summary>
/// <param name="Store">The catalog.</param>
/// <param name="Disk">Where the segment files lie.</param>
/// <param name="Cutter">Makes shipments of sealed segments.</param>
/// <param name="Topics">Topic names of the cluster.</param>
public sealed record ShipDeskParts(IShipCatalog Store, IDisk Disk, Cutter Cutter, ShipmentTopics Topics)
{
    /// <summary>How the store writes segments; null for the default.</summary>
    public Columnar.SegmentOptions? Segments { get; init; }

    /// <summary>Files that may have rows of final tombstones yet; null if that is not known.</summary>
    public Func<long>? FilesToPurge { get; init; }
}
