using TsDb.Model;

namespace TsDb.Codec.Shipment;

/// <summary>A topic taken apart; what the kind does not have is <c>default</c>.</summary>
public readonly record struct ShipmentTopic(ShipmentTopicKind Kind, ShardId Shard, EdgeId Edge, NodeId Node);
