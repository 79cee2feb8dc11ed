using TsDb.Model;

namespace TsDb.Columnar;

/// <summary>What a segment's rows do not say about it.</summary>
/// <param name="Cell">The cell that all rows belong to.</param>
/// <param name="Incarnation">The incarnation of the edge that took the points.</param>
/// <param name="Ordinals">The ordinals the file stands for.</param>
public sealed record SegmentFacts(Cell Cell, Incarnation Incarnation, OrdinalRange Ordinals);
