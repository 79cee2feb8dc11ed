using TsDb.Adapters.Mqtt.Uplink;
using TsDb.Model;
using TsDb.Replication.Shipping;
using TsDb.Storage;
using TsDb.Storage.Catalog;
using TsDb.Storage.Retention;

namespace TsDb.Edge.Workers;

/// <summary>
/// Drops what the operator's rule allows to go: by age, or the oldest while the disk is full. The policy
/// decides, the cloud is asked once more whether it holds them, one catalog record names the files, and those
/// go once no query needs them.
/// </summary>
internal sealed partial class RetainWorker(
    EdgeStore store,
    RetentionLimits limits,
    ShipService? ship,
    TimeProvider clock,
    ILoggerFactory loggers)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private readonly ILogger _log = loggers.CreateLogger("TsDb.Edge.Retain");

    /// <summary>Runs until cancelled. A full disk does not end it: the next turn tries again.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using PeriodicTimer timer = new(Every, clock);
        while (await timer.WaitForNextTickAsync(stop))
        {
            IReadOnlyList<string> due = await ConfirmedAsync(store.RetentionDue(), stop);
            if (due.Count == 0) continue;
            try
            {
                int count = 0;
                store.ChangeCatalog(state =>
                {
                    SegmentsExpired? drop = RetentionPolicy.Drop(state, limits, due, IsPast);
                    count = drop?.Names.Length ?? 0;
                    return drop;
                });
                if (count > 0) Dropped(_log, count);
            }
            catch (Exception e) when (e is IOException or TsDbException { Kind: not ErrorKind.Corrupt })
            {
                NotDropped(_log, due.Count, e.Message);
            }
        }
    }

    /// <summary>
    /// The segments of which the cloud has just said to hold every leaf, cell by cell; the others are asked
    /// about, and go at a later turn. Without an uplink the operator's rule is all there is.
    /// </summary>
    private async Task<IReadOnlyList<string>> ConfirmedAsync(
        IReadOnlyList<string> due, CancellationToken stop)
    {
        if (ship is null || due.Count == 0) return due;
        DropQuestion question =
            DropQuestion.Of(store.Catalog, due, ship.Confirmations, clock.GetUtcNow(), IsPast);
        if (question.Open.IsEmpty) return question.Confirmed;
        Asked(_log, question.Open.Length);
        await ship.ConfirmAsync(question.Open, stop);
        return question.Confirmed;
    }

    // What is before its table's horizon the cloud has dropped as well: there is nothing to ask.
    private bool IsPast(Cell cell) => cell.Day.Range.EndNanoseconds
        <= store.Databases.HorizonOf(cell.Table, clock.GetUtcNow());

    [LoggerMessage(1103, LogLevel.Information,
        "Retention asks the cloud for {Count} shipments before it drops them")]
    private static partial void Asked(ILogger log, int count);

    [LoggerMessage(1101, LogLevel.Information, "Retention dropped {Count} segments")]
    private static partial void Dropped(ILogger log, int count);

    [LoggerMessage(1102, LogLevel.Warning,
        "Retention could not drop {Count} segments, and tries again: {Reason}")]
    private static partial void NotDropped(ILogger log, int count, string reason);
}
