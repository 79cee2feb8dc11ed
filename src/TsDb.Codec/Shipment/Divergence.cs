using TsDb.Model;

namespace TsDb.Codec.Shipment;

/// <summary>
/// The leaves that an edge has cut of a cell under one incarnation are not those that a node has: another
/// directory, of which one of the two is a copy, has cut some of them.
/// </summary>
/// <param name="Cell">The cell.</param>
/// <param name="First">The lowest ordinal that the node has with other bytes, or that the edge does not
/// know.</param>
/// <param name="Unseen">The lowest ordinal of the run right before <paramref name="First"/> of which the node
/// has nothing; equal to it if there is none. Where that run begins is not known across pages of a list: it
/// is the first ordinal of all then.</param>
public sealed record Divergence(Cell Cell, Ordinal First, Ordinal Unseen);
