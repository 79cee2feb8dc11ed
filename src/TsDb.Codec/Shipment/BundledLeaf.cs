using TsDb.Model;

namespace TsDb.Codec.Shipment;

/// <summary>A shipment inside a bundle.</summary>
/// <param name="Cell">Its cell.</param>
/// <param name="Ordinal">Its number.</param>
/// <param name="Tag">How its hash begins.</param>
/// <param name="Reference">The shipment of the same cell and incarnation that its rows refer to; null for
/// none.</param>
public sealed record BundledLeaf(Cell Cell, Ordinal Ordinal, LeafTag Tag, Ordinal? Reference);
