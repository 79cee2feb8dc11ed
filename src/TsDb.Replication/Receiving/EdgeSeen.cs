using TsDb.Codec.Shipment;
using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <summary>What a cloud node knows of an edge from the brokers.</summary>
/// <param name="Edge">The edge.</param>
/// <param name="HeardAt">When it was last heard of since this node started.</param>
/// <param name="IsOnline">True if a broker says that it is connected.</param>
public sealed record EdgeSeen(EdgeId Edge, DateTimeOffset HeardAt, bool IsOnline)
{
    /// <summary>How far the cloud is behind it, by its own word; null if it has said nothing yet.</summary>
    public EdgeControl.Lag? Lag { get; init; }

    /// <summary>When it said so.</summary>
    public DateTimeOffset LagAt { get; init; }
}
