namespace TsDb.Codec.Shipment;

/// <summary>Bounds of every shipment message: what exceeds one is refused before it is acted on.</summary>
public static class ShipmentLimits
{
    /// <summary>The version of the messages this code speaks.</summary>
    public const int ProtocolVersion = 1;

    /// <summary>Largest message body taken from outside.</summary>
    public const int MessageBytesMax = 4 << 20;

    /// <summary>Smallest chunk size an offer may state: below it the protocol outweighs the data.</summary>
    public const int ChunkBytesMin = 1 << 10;

    /// <summary>Chunk size used unless the broker's limit is lower.</summary>
    public const int ChunkBytesDefault = 96 << 10;

    /// <summary>Largest chunk size an offer may state.</summary>
    public const int ChunkBytesMax = 1 << 20;

    /// <summary>
    /// Room that a chunk's or an offer's own fields and MQTT's framing may take beside the data.
    /// </summary>
    public const int HeadroomBytes = 2 << 10;

    /// <summary>Largest segment file that can be shipped.</summary>
    public const long ShipmentBytesMax = 1L << 30;

    /// <summary>Most offers in one message.</summary>
    public const int OffersMax = 256;

    /// <summary>Most answers, digests, leaves or hashes in one message.</summary>
    public const int ItemsMax = 4096;

    /// <summary>Most ranges in one want.</summary>
    public const int RangesMax = 1024;

    /// <summary>Longest reason, in characters; a longer one is cut by the sender.</summary>
    public const int ReasonCharsMax = 1024;

    /// <summary>Longest database or table name, in characters.</summary>
    public const int NameCharsMax = 1024;

    /// <summary>Most shards a cluster can have.</summary>
    public const int ShardsMax = 1 << 16;

    /// <summary>Longest wait that a <c>later</c> can ask for, in seconds.</summary>
    public const int LaterSecondsMax = 86_400;
}
