using TsDb.Columnar;
using TsDb.Model;

namespace TsDb.Storage;

/// <summary>Limits and identity of a store. Every value is checked when it is set.</summary>
public sealed record EdgeStoreOptions
{
    /// <summary>
    /// The edge id that the operator gave, or null to take what the data directory says. Another id than the
    /// directory's is refused.
    /// </summary>
    public EdgeId? Id { get; init; }

    /// <summary>The id of a new directory when <see cref="Id"/> is null (usually the host name).</summary>
    public EdgeId IdDefault { get; init; } = new("edge");

    /// <summary>The hot buffer is sealed when it holds this many bytes.</summary>
    public long SealBytes { get; init => field = Positive(value); } = 64L << 20;

    /// <summary>The hot buffer is sealed when it holds this many rows.</summary>
    public long SealRows { get; init => field = Positive(value); } = 4_000_000;

    /// <summary>The hot buffer is sealed when its oldest row has waited this long.</summary>
    public TimeSpan SealAge { get; init => field = Positive(value); } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The hot buffer is sealed when its rows belong to this many cells; a seal has at most four times as
    /// many.
    /// </summary>
    public int SealCells { get; init => field = (int)Positive(value); } = 2_048;

    /// <summary>
    /// Bytes of points in memory, waiting requests and the copies of a seal included; beyond it writes wait,
    /// then are refused.
    /// </summary>
    public long MemoryBytesMax { get; init => field = Positive(value); } = 256L << 20;

    /// <summary>
    /// How long a write waits for room before it is refused with <see cref="ErrorKind.Unavailable"/>.
    /// </summary>
    public TimeSpan RoomWait { get; init => field = Positive(value); } = TimeSpan.FromSeconds(5);

    /// <summary>What a refused writer is told to wait.</summary>
    public TimeSpan RetryAfter { get; init => field = Positive(value); } = TimeSpan.FromSeconds(5);

    /// <summary>Writes stop while the disk would have less than this free after log and next seal.</summary>
    public long DiskReserveBytes { get; init => field = Positive(value); } = 32L << 20;

    /// <summary>A log file is closed and a new one begun when it has this many bytes.</summary>
    public long LogFileBytes { get; init => field = Positive(value); } = 64L << 20;

    /// <summary>Requests that may wait for the writer.</summary>
    public int QueueRequestsMax { get; init => field = (int)Positive(value); } = 4_096;

    /// <summary>
    /// Bytes of points that one group commit takes at most (a larger request makes a group of its own).
    /// </summary>
    public long GroupBytesMax { get; init => field = Positive(value); } = 16L << 20;

    /// <summary>How segments are written.</summary>
    public SegmentOptions Segments { get; init; } = SegmentOptions.Default;

    /// <summary>What happens to segments that are old or too many; by default nothing.</summary>
    public RetentionLimits Retention { get; init; } = RetentionLimits.KeepAll;

    private static long Positive(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
        return value;
    }

    private static TimeSpan Positive(TimeSpan value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
        return value;
    }
}
