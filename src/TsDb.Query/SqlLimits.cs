namespace TsDb.Query;

/// <summary>Bounds on one statement.</summary>
public sealed record SqlLimits
{
    /// <summary>Memory the engine may use for it, in bytes.</summary>
    public long MemoryBytesMax { get; init; } = 1L << 30;

    /// <summary>How long it may run.</summary>
    public TimeSpan DurationMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Rows that the answer may have; null for any number.</summary>
    public long? RowsMax { get; init; }
}
