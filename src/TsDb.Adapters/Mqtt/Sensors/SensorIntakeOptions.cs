using TsDb.Storage.Sensors;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>How messages of sensors are taken, whoever brings them.</summary>
public sealed record SensorIntakeOptions
{
    /// <summary>True if the broker carries much that is no business of ours.</summary>
    public bool IsShared { get; init; }

    /// <summary>How much is stored together, and how long it is held while there is no room.</summary>
    public GatherLimits Gather { get; init; } = new();

    /// <summary>How much is remembered of Sparkplug nodes.</summary>
    public SparkplugLimits Sparkplug { get; init; } = new();

    /// <summary>The only clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
