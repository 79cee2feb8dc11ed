using TsDb.Storage.Shipping;

namespace TsDb.Replication.Shipping;

/// <summary>A shipment inside an offer.</summary>
/// <param name="Leaf">The shipment.</param>
/// <param name="Form">How it travels.</param>
/// <param name="ChunkBytes">What the length of its chunks is a multiple of.</param>
/// <param name="WithPayload">True if its bytes go with the offer.</param>
public sealed record OfferedLeaf(ShipLeaf Leaf, TravelForm Form, int ChunkBytes, bool WithPayload);
