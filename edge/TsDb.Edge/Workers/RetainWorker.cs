using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Storage;
using TsDb.Storage.Catalog;

namespace TsDb.Edge.Workers;

/// <summary>
/// Drops what the operator's rule allows to go: by age, or the oldest while the disk is full. The policy
/// decides, one
/// catalog record names the files, and those go once no query needs them.
/// </summary>
internal sealed partial class RetainWorker(EdgeStore store, TimeProvider clock, ILoggerFactory loggers)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    private readonly ILogger _log = loggers.CreateLogger("TsDb.Edge.Retain");

    /// <summary>Runs until cancelled. A full disk does not end it: the next turn tries again.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using PeriodicTimer timer = new(Every, clock);
        while (await timer.WaitForNextTickAsync(stop))
        {
            ImmutableArray<string> due = [.. store.RetentionDue()];
            if (due.IsEmpty) continue;
            try
            {
                store.ChangeCatalog(_ => new SegmentsExpired(due));
                Dropped(_log, due.Length);
            }
            catch (Exception e) when (e is IOException or TsDbException { Kind: not ErrorKind.Corrupt })
            {
                NotDropped(_log, due.Length, e.Message);
            }
        }
    }

    [LoggerMessage(1101, LogLevel.Information, "Retention dropped {Count} segments")]
    private static partial void Dropped(ILogger log, int count);

    [LoggerMessage(1102, LogLevel.Warning,
        "Retention could not drop {Count} segments, and tries again: {Reason}")]
    private static partial void NotDropped(ILogger log, int count, string reason);
}
