using TsDb.Model;

namespace TsDb.Replication.Shipping;

/// <summary>A shipment that was set aside.</summary>
/// <param name="Leaf">The shipment.</param>
/// <param name="Reason">Why.</param>
public sealed record QuarantinedLeaf(Leaf Leaf, string Reason);
