using TsDb.Model;

namespace TsDb.Replication.Repair;

/// <summary>What a node has of one table and day in a shard.</summary>
/// <param name="Table">The table.</param>
/// <param name="Day">The day.</param>
/// <param name="Digest">Over the leaves of all edges' cells.</param>
public readonly record struct DayDigest(TableId Table, Day Day, LeafDigest Digest);
