namespace TsDb.Storage.Sensors;

/// <summary>How a sensor's message ended.</summary>
public enum MessageOutcome
{
    /// <summary>Its good points are durable, or it held none.</summary>
    Done,

    /// <summary>Nothing of it can ever be stored: sending it again is of no use.</summary>
    Refused,

    /// <summary>It could not be stored now: it must not be acknowledged.</summary>
    Failed,
}
