namespace TsDb.Model;

/// <summary>One cut shipment, immutable. Sets are compared by leaf; bytes are found by hash.</summary>
public sealed record Leaf(Cell Cell, Incarnation Incarnation, Ordinal Ordinal, ContentHash Hash);
