using Microsoft.Extensions.Logging;
using TsDb.Model;

namespace TsDb.Storage.Shipping;

/// <summary>Log lines of cutting.</summary>
internal static partial class Log
{
    [LoggerMessage(
        2301, LogLevel.Debug, "Cut {Cell} #{Ordinal}: {BytesLength} bytes of {SegmentCount} segments")]
    public static partial void ShipmentCut(
        ILogger log, Cell cell, long ordinal, long bytesLength, int segmentCount);

    [LoggerMessage(
        2302, LogLevel.Error, "Segment {Name} cannot be read and is not shipped; the other segments go on")]
    public static partial void SegmentUnreadable(ILogger log, string name, Exception reason);

    [LoggerMessage(2303, LogLevel.Warning, "Cutting {Cell} failed and is tried again")]
    public static partial void CutFailed(ILogger log, Cell cell, Exception reason);
}
