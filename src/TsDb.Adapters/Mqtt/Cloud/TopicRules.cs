using TsDb.Codec.Shipment;
using TsDb.Model;

namespace TsDb.Adapters.Mqtt.Cloud;

/// <summary>
/// Who may use which topic of the embedded broker, by client id. An edge publishes on its own topics only and
/// hears what is said to it; cloud nodes answer edges and hear everything; anybody else may only listen for
/// the cluster.
/// </summary>
internal sealed class TopicRules(ShipmentTopics topics)
{
    /// <summary>True if the connection may publish (or leave as its will) a message on the topic.</summary>
    public bool MayPublish(string? clientId, string? topic)
    {
        if (!topics.TryParse(topic, out ShipmentTopic parsed)) return false;
        if (NodeClientId.TryParse(clientId, out _))
            return parsed.Kind is ShipmentTopicKind.Ack or ShipmentTopicKind.Query;
        return EdgeClientId.TryParse(clientId, out EdgeId edge, out _) && parsed.Kind switch
        {
            ShipmentTopicKind.Hello or ShipmentTopicKind.Offer or ShipmentTopicKind.Chunk
                or ShipmentTopicKind.Presence => parsed.Edge == edge,
            ShipmentTopicKind.Reply => true,
            _ => false,
        };
    }

    /// <summary>True if the connection may hear what matches the filter.</summary>
    public bool MaySubscribe(string? clientId, string filter)
    {
        if (filter == topics.Cluster) return true;
        if (NodeClientId.TryParse(clientId, out _))
            return filter.StartsWith(topics.Root, StringComparison.Ordinal);
        return EdgeClientId.TryParse(clientId, out EdgeId edge, out _)
            && (filter == topics.Ack(edge) || filter == topics.Query(edge));
    }
}
