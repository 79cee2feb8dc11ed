using Microsoft.Extensions.Logging;

namespace TsDb.Adapters.Peers;

/// <summary>What the lines between nodes say to people.</summary>
internal static partial class Log
{
    [LoggerMessage(6201, LogLevel.Debug, "A line of another node's questions ended: {Reason}")]
    public static partial void LineEnded(ILogger log, string reason);

    [LoggerMessage(6202, LogLevel.Error, "A question of another node failed by a defect")]
    public static partial void LineFailed(ILogger log, Exception error);
}
