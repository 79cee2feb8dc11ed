using Microsoft.Extensions.Logging;

namespace TsDb.Adapters.Http.Backup;

/// <summary>Log lines of backups.</summary>
internal static partial class Log
{
    [LoggerMessage(5201, LogLevel.Information,
        "A backup of {Files} files was taken; {Known} were there already, {Gaps} could not be read")]
    public static partial void BackedUp(ILogger log, int files, int known, int gaps);

    [LoggerMessage(5202, LogLevel.Error, "A backup broke off")]
    public static partial void BackupFailed(ILogger log, Exception error);
}
