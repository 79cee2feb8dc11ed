using TsDb.Codec.Shipment;
using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <summary>Turns what brokers bring into events.</summary>
internal static class MessageReader
{
    /// <summary>
    /// The event of a message; null if its topic is none that a cloud node acts on. Throws
    /// <see cref="ErrorKind.Invalid"/> if the payload is not what the topic says.
    /// </summary>
    public static ReceiveEvent? Read(
        ShipmentTopics topics, string broker, string topic, ReadOnlyMemory<byte> payload)
    {
        if (!topics.TryParse(topic, out ShipmentTopic parsed)) return null;

        // An empty retained message is how a broker forgets one.
        if (payload.IsEmpty) return null;
        switch (parsed.Kind)
        {
            case ShipmentTopicKind.Hello:
                return new ReceiveEvent.Said(parsed.Edge, ShipmentCodec.DecodeEdgeControl(payload.Span));
            case ShipmentTopicKind.Offer:
                return new ReceiveEvent.Offered(
                    parsed.Edge, parsed.Shard, ShipmentCodec.DecodeOffer(payload.Span));
            case ShipmentTopicKind.Chunk:
                return new ReceiveEvent.ChunkCame(
                    parsed.Edge, parsed.Shard, ShipmentCodec.DecodeChunk(payload.Span));
            case ShipmentTopicKind.Presence:
                Presence presence = ShipmentCodec.DecodePresence(payload.Span);
                if (presence.Edge == parsed.Edge) return new ReceiveEvent.PresenceCame(broker, presence);
                throw new TsDbException(ErrorKind.Invalid, $"it speaks of edge '{presence.Edge}'");
            default:
                return null;
        }
    }
}
