using TsDb.Model;

namespace TsDb.Query.Distributed;

/// <summary>What a node has of one cell.</summary>
/// <param name="Edge">The cell's edge.</param>
/// <param name="Day">The cell's day.</param>
/// <param name="Digest">Of the cell's leaves on the node; <see cref="LeafDigest.Empty"/> if they are
/// gone.</param>
/// <param name="Range">Times of their rows.</param>
public readonly record struct CellFact(EdgeId Edge, Day Day, LeafDigest Digest, TimeRange Range);
