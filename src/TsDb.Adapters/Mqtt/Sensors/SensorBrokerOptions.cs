using TsDb.Adapters.Hosting;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>Limits of what sensors may send.</summary>
public sealed record SensorBrokerOptions
{
    /// <summary>The largest MQTT packet.</summary>
    public int PacketBytesMax
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            field = value;
        }
    } = 4 << 20;

    /// <summary>
    /// Payload bytes that are received and not yet committed, all connections together; beyond it no
    /// connection is read.
    /// </summary>
    public int BytesInFlightMax
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            field = value;
        }
    } = 32 << 20;

    /// <summary>How topics map to databases and tables.</summary>
    public SensorRules Rules { get; init; } = SensorRules.Default;

    /// <summary>Asked at every connection and message.</summary>
    public IAuthorizer Authorizer { get; init; } = new OpenAuthorizer();

    /// <summary>The only clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
