namespace TsDb.Codec.Shipment;

/// <summary>What a topic below the root is for.</summary>
public enum ShipmentTopicKind
{
    /// <summary><c>cluster</c>, retained: <see cref="ClusterInfo"/>.</summary>
    Cluster,

    /// <summary><c>hello/{edge}</c>: <see cref="EdgeControl"/>.</summary>
    Hello,

    /// <summary><c>offer/{shard}/{edge}</c>: <see cref="OfferMessage"/>.</summary>
    Offer,

    /// <summary><c>chunk/{shard}/{edge}</c>: <see cref="Chunk"/>.</summary>
    Chunk,

    /// <summary><c>ack/{edge}</c>: <see cref="EdgeAnswers"/>.</summary>
    Ack,

    /// <summary><c>query/{edge}</c>: <see cref="EdgeQuery"/>.</summary>
    Query,

    /// <summary><c>reply/{node}</c>: <see cref="EdgeReply"/>.</summary>
    Reply,

    /// <summary><c>presence/{edge}</c>, retained: <see cref="Presence"/>.</summary>
    Presence,
}
