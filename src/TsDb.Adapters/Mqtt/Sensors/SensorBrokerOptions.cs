using TsDb.Adapters.Hosting;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>Limits of what sensors may send.</summary>
public sealed record SensorBrokerOptions
{
    /// <summary>The largest MQTT packet.</summary>
    public int PacketBytesMax { get; init => field = Positive(value); } = 4 << 20;

    /// <summary>
    /// Payload bytes that are received and not yet committed, all connections together; beyond it no
    /// connection is read.
    /// </summary>
    public int BytesInFlightMax { get; init => field = Positive(value); } = 32 << 20;

    /// <summary>
    /// Messages that one connection may have under way; beyond it that connection is not read.
    /// </summary>
    public int MessagesInFlightMax { get; init => field = Positive(value); } = 1_024;

    /// <summary>Connections at a time; more are closed at once.</summary>
    public int ConnectionsMax { get; init => field = Positive(value); } = 4_096;

    /// <summary>Sessions that are kept for clients that are away; the oldest is forgotten.</summary>
    public int SessionsMax { get; init => field = Positive(value); } = 10_000;

    /// <summary>How long a connection may take for its CONNECT.</summary>
    public TimeSpan ConnectTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a packet may take from its first byte to its last.</summary>
    public TimeSpan PacketTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a client that promised no keep-alive may be silent.</summary>
    public TimeSpan SilenceMax { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Asked at every connection, message and subscription.</summary>
    public IAuthorizer Authorizer { get; init; } = new OpenAuthorizer();

    /// <summary>The only clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    private static int Positive(int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
        return value;
    }
}
