using TsDb.Model;

namespace TsDb.Storage.Compaction;

/// <summary>How much one compaction may take.</summary>
public sealed record CompactionLimits
{
    /// <summary>Bytes of the files that are merged at a time.</summary>
    public long InputBytesMax { get; init; } = 64L << 20;

    /// <summary>Their rows: it bounds the memory of the merge, about 50 bytes a row.</summary>
    public long RowsMax { get; init; } = 2_000_000;

    /// <summary>Most ordinals that one file stands for; null for no limit.</summary>
    public long? OrdinalsMax { get; init; }

    /// <summary>A day that ended this long ago is taken to be over: its last files need not fill a
    /// block.</summary>
    public TimeSpan ClosedAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>True if a day is taken to be over.</summary>
    public bool IsOver(Day day, DateTimeOffset now)
    {
        Int128 ended = (Int128)(now - ClosedAfter - DateTimeOffset.UnixEpoch).Ticks * 100;
        return day.Range.EndNanoseconds <= ended;
    }
}
