using TsDb.Model;

namespace TsDb.Replication.Cluster;

/// <summary>A shard's move, named so that a word about an earlier move is not taken for one about this.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Since">When its target was decided.</param>
public readonly record struct ShardArrival(ShardId Shard, Epoch Since);
