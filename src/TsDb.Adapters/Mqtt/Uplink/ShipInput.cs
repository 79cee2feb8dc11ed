using TsDb.Codec.Shipment;
using TsDb.Replication.Shipping;

namespace TsDb.Adapters.Mqtt.Uplink;

/// <summary>What comes into the loop of a <see cref="ShipService"/>.</summary>
internal abstract record ShipInput
{
    /// <summary>Connected and subscribed.</summary>
    public sealed record Up(int ChunkBytes) : ShipInput;

    /// <summary>Not connected any more, or not at all.</summary>
    public sealed record Down(string Reason) : ShipInput;

    /// <summary>The retained description of the cluster.</summary>
    public sealed record Cluster(ClusterInfo Info) : ShipInput;

    /// <summary>A node's answers.</summary>
    public sealed record Answers(EdgeAnswers Said) : ShipInput;

    /// <summary>Something else that the shipper is told.</summary>
    public sealed record Told(ShipEvent Event) : ShipInput
    {
        /// <summary>Who waits until it was taken; null for nobody.</summary>
        public TaskCompletionSource? Taken { get; init; }
    }

    /// <summary>Look at the clock and the flags.</summary>
    public sealed record Nudge : ShipInput;
}
