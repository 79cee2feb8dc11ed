using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Codec.Shipment;

/// <summary>
/// Small shipments of one edge and incarnation, told together. Who opens it finds their hashes by writing
/// the files anew.
/// </summary>
/// <param name="Edge">The edge.</param>
/// <param name="Incarnation">The incarnation all were cut in.</param>
/// <param name="Leaves">At least one, in the order of the rows.</param>
/// <param name="Rows">Their rows, coded together (Columnar/FORMAT.md).</param>
public sealed record OfferBundle(
    EdgeId Edge, Incarnation Incarnation, ImmutableArray<BundledLeaf> Leaves, ReadOnlyMemory<byte> Rows);
