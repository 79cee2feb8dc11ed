namespace TsDb.Storage.Ingest;

/// <summary>The unit that the times of a request are written in.</summary>
public enum TimePrecision
{
    /// <summary>Nanoseconds.</summary>
    Nanoseconds,

    /// <summary>Microseconds.</summary>
    Microseconds,

    /// <summary>Milliseconds.</summary>
    Milliseconds,

    /// <summary>Seconds.</summary>
    Seconds,

    /// <summary>Minutes.</summary>
    Minutes,

    /// <summary>Hours.</summary>
    Hours,

    /// <summary>
    /// Each time by its size: below 5e9 seconds, below 5e12 milliseconds, below 5e15 microseconds.
    /// </summary>
    Auto,
}
