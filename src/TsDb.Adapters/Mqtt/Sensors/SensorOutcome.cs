namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>How a message ended.</summary>
internal enum SensorOutcome
{
    /// <summary>Its points are durable, or it held none.</summary>
    Done,

    /// <summary>Nothing of it can ever be stored: sending it again is of no use.</summary>
    Refused,

    /// <summary>It could not be stored now: it must not be acknowledged.</summary>
    Failed,
}
