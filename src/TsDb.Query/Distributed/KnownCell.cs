using TsDb.Model;

namespace TsDb.Query.Distributed;

/// <summary>A cell that a node said it has.</summary>
/// <param name="Cell">The cell.</param>
/// <param name="Shard">Its shard.</param>
/// <param name="Digest">Of its leaves there.</param>
/// <param name="Range">Times of its rows there.</param>
internal readonly record struct KnownCell(Cell Cell, ShardId Shard, LeafDigest Digest, TimeRange Range);
