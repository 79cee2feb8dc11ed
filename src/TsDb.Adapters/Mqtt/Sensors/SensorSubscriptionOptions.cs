namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>How an edge takes points from a broker that is there already.</summary>
public sealed record SensorSubscriptionOptions
{
    /// <summary>The broker's host.</summary>
    public required string Host { get; init; }

    /// <summary>The broker's port.</summary>
    public required int Port { get; init; }

    /// <summary>
    /// The client id: the same after every restart, because the broker keeps unacknowledged messages by it.
    /// </summary>
    public required string ClientId { get; init; }

    /// <summary>Messages that the broker may send before the first is acknowledged.</summary>
    public ushort MessagesInFlightMax { get; init; } = 256;

    /// <summary>Bytes received and not yet stored; beyond it the socket is not read.</summary>
    public long BytesInFlightMax { get; init; } = 32 << 20;

    /// <summary>The largest MQTT packet that the broker may send.</summary>
    public uint PacketBytesMax { get; init; } = 4 << 20;

    /// <summary>
    /// How often the broker hears of us at least; a socket that is not read may not be longer.
    /// </summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The first wait after a lost connection; it doubles up to <see cref="RetryMax"/>.</summary>
    public TimeSpan RetryMin { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait between two tries.</summary>
    public TimeSpan RetryMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The only clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
