using TsDb.Model;

namespace TsDb.Replication.Cluster;

/// <summary>A shard's move, so named that a word about an earlier one is not taken for it.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Since">When its target was decided.</param>
public readonly record struct ShardArrival(ShardId Shard, Epoch Since);
