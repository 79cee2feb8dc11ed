using TsDb.Model;

namespace TsDb.Codec.Shipment;

/// <summary>
/// The set of leaves of one (cell, incarnation) in a few bytes: equal digests mean equal sets.
/// </summary>
/// <param name="Cell">The cell.</param>
/// <param name="Incarnation">The incarnation whose leaves are meant.</param>
/// <param name="Digest">Count and sum over the leaves.</param>
/// <param name="OrdinalMax">The highest ordinal among them; 0 when there is none.</param>
public sealed record CellDigest(Cell Cell, Incarnation Incarnation, LeafDigest Digest, long OrdinalMax);
