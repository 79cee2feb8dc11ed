using System.Collections.Immutable;

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

    /// <summary>What to subscribe to.</summary>
    public ImmutableArray<string> Filters { get; init; } = ["#"];

    /// <summary>How topics map to databases and tables.</summary>
    public SensorRules Rules { get; init; } = SensorRules.Default;

    /// <summary>Messages that the broker may send before the first is acknowledged.</summary>
    public ushort MessagesInFlightMax { get; init; } = 256;

    /// <summary>The largest MQTT packet that the broker may send.</summary>
    public uint PacketBytesMax { get; init; } = 4 << 20;

    /// <summary>The first wait after a lost connection; it doubles up to <see cref="RetryMax"/>.</summary>
    public TimeSpan RetryMin { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait between two tries.</summary>
    public TimeSpan RetryMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The only clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
