using System.Collections.Immutable;
using TsDb.Adapters.Mqtt.Uplink;
using TsDb.Model;
using TsDb.Storage;
using TsDb.Storage.Catalog;

namespace TsDb.Edge.Workers;

/// <summary>
/// Drops what the operator's rule allows to go: by age, or the oldest while the disk is full. The policy
/// decides, the cloud is asked once more whether it holds them, one catalog record names the files, and those
/// go once no query needs them.
/// </summary>
internal sealed partial class RetainWorker(
    EdgeStore store, ShipService? ship, TimeProvider clock, ILoggerFactory loggers)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private readonly ILogger _log = loggers.CreateLogger("TsDb.Edge.Retain");

    /// <summary>Runs until cancelled. A full disk does not end it: the next turn tries again.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using PeriodicTimer timer = new(Every, clock);
        while (await timer.WaitForNextTickAsync(stop))
        {
            ImmutableArray<string> due = [.. await ConfirmedAsync(store.RetentionDue(), stop)];
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

    /// <summary>
    /// The segments that the cloud has just said to hold, every leaf of them; the others are asked about, and
    /// go at a later turn. Without an uplink the operator's rule is all there is.
    /// </summary>
    private async Task<IEnumerable<string>> ConfirmedAsync(IReadOnlyList<string> due, CancellationToken stop)
    {
        if (ship is null || due.Count == 0) return due;
        DateTimeOffset now = clock.GetUtcNow();
        CatalogState catalog = store.Catalog;
        List<string> confirmed = [];
        List<Leaf> open = [];
        foreach (string name in due)
        {
            if (!catalog.Segments.TryGetValue(name, out StoredSegment? segment)) continue;
            // What is before its table's horizon the cloud has dropped as well: there is nothing to ask.
            Cell cell = segment.Manifest.Cell;
            if (cell.Day.Range.EndNanoseconds <= store.Databases.HorizonOf(cell.Table, now))
            {
                confirmed.Add(name);
                continue;
            }

            Leaf[] leaves =
            [
                .. catalog.LeavesOf(segment).Where(leaf => !leaf.IsUnwanted).Select(leaf => leaf.Leaf)
                    .Where(leaf => !ship.Confirmations.Has(leaf.Hash, now)),
            ];
            if (leaves.Length == 0) confirmed.Add(name);
            open.AddRange(leaves);
        }

        if (open.Count == 0) return confirmed;
        Asked(_log, open.Count);
        await ship.ConfirmAsync(open, stop);
        return confirmed;
    }

    [LoggerMessage(1103, LogLevel.Information,
        "Retention asks the cloud for {Count} shipments before it drops them")]
    private static partial void Asked(ILogger log, int count);

    [LoggerMessage(1101, LogLevel.Information, "Retention dropped {Count} segments")]
    private static partial void Dropped(ILogger log, int count);

    [LoggerMessage(1102, LogLevel.Warning,
        "Retention could not drop {Count} segments, and tries again: {Reason}")]
    private static partial void NotDropped(ILogger log, int count, string reason);
}
