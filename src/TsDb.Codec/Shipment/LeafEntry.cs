using TsDb.Model;

namespace TsDb.Codec.Shipment;

/// <summary>A leaf inside its (cell, incarnation).</summary>
public readonly record struct LeafEntry(Ordinal Ordinal, ContentHash Hash);
