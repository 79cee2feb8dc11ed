namespace TsDb.Storage;

/// <summary>
/// When an edge may drop its own copy of a segment. What the cloud does not hold is kept unless told
/// otherwise.
/// </summary>
public sealed record RetentionLimits
{
    /// <summary>An edge keeps what it shipped.</summary>
    public static RetentionLimits KeepAll { get; } = new();

    /// <summary>
    /// Days of a table whose newest point is older than this go whole; null keeps every age.
    /// </summary>
    public TimeSpan? AgeMax { get; init; }

    /// <summary>Above this many bytes of segments the oldest go; null keeps every size.</summary>
    public long? BytesMax { get; init; }

    /// <summary>True if the oldest may go as well while the disk is full.</summary>
    public bool DropWhenFull { get; init; }

    /// <summary>
    /// True if the operator allows what is not durable in the cloud to be dropped as well (loss by rule).
    /// </summary>
    public bool DropUnshipped { get; init; }
}
