using TsDb.Model;

namespace TsDb.Replication.Repair;

/// <summary>What a node has of a shard.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Digest">Over all its leaves there.</param>
/// <param name="IsRecovering">True if the node has not pulled what the owners before it had.</param>
/// <param name="Epoch">The epoch under which the node counts leaves.</param>
public readonly record struct ShardDigest(
    ShardId Shard, LeafDigest Digest, bool IsRecovering, Epoch Epoch = default);
