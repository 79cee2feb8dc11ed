using System.Collections.Immutable;
using TsDb.Codec.Shipment;
using TsDb.Model;

namespace TsDb.Adapters.Mqtt.Uplink;

/// <summary>Where and as whom an edge connects.</summary>
public sealed record UplinkOptions
{
    /// <summary>The edge.</summary>
    public required EdgeId Edge { get; init; }

    /// <summary>Random id of this start of the program.</summary>
    public required Guid Instance { get; init; }

    /// <summary>The cluster's topics.</summary>
    public required ShipmentTopics Topics { get; init; }

    /// <summary>Brokers as mqtt://host:port, tried one after the other.</summary>
    public required ImmutableArray<Uri> Brokers
    {
        get;
        init => field = value.IsDefaultOrEmpty
            ? throw new TsDbException(
                ErrorKind.Invalid, "an uplink needs at least one broker: mqtt://host:port")
            : value;
    }

    /// <summary>Largest chunk, unless the broker takes only smaller packets.</summary>
    public int ChunkBytesMax { get; init; } = ShipmentLimits.ChunkBytesDefault;

    /// <summary>How long connecting, or waiting for a broker's acknowledgement, may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a silent connection is tried.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Wait after all brokers failed; doubled each time.</summary>
    public TimeSpan BackOffMin { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest wait between tries.</summary>
    public TimeSpan BackOffMax { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long the cloud may be mute on a broker before another broker is tried, if there is one.
    /// </summary>
    public TimeSpan MuteMax { get; init; } = TimeSpan.FromSeconds(30);
}
