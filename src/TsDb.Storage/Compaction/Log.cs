using Microsoft.Extensions.Logging;
using TsDb.Model;

namespace TsDb.Storage.Compaction;

/// <summary>Log lines of compaction.</summary>
internal static partial class Log
{
    [LoggerMessage(
        2401, LogLevel.Debug, "{Cell}: {SegmentCount} segments are one of {Rows} rows, {BytesLength} bytes")]
    public static partial void Compacted(
        ILogger log, Cell cell, int segmentCount, long rows, long bytesLength);

    [LoggerMessage(
        2403, LogLevel.Information,
        "{Cell}: a segment is written anew without {Erased} erased rows, {Rows} are left")]
    public static partial void Purged(ILogger log, Cell cell, long erased, long rows);

    [LoggerMessage(2402, LogLevel.Warning, "Segments of {Cell} could not be put together")]
    public static partial void NotCompacted(ILogger log, Cell cell, Exception reason);
}
