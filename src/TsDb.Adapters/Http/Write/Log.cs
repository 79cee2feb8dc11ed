using Microsoft.Extensions.Logging;

namespace TsDb.Adapters.Http.Write;

/// <summary>Log lines of the write endpoints.</summary>
internal static partial class Log
{
    [LoggerMessage(5101, LogLevel.Error, "A write to {Path} failed for a reason that is not the client's")]
    public static partial void WriteFailed(ILogger log, Exception error, string path);
}
