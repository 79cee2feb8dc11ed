using Microsoft.Extensions.Logging;
using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Ports;
using TsDb.Storage.Retention;
using TsDb.Storage.Shipping;

namespace TsDb.Storage.Compaction;

/// <summary>
/// Makes few files of many at an edge: merges, places the file, then records it and takes the old ones out
/// with one synced record. A crash before the record leaves a file that no catalog names, which goes at the
/// next start. Used by one thread at a time; queries that read the old files go on reading them.
/// </summary>
public sealed class Compactor
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(30);

    private readonly IShipCatalog _store;
    private readonly ISegmentMerger _merger;
    private readonly CompactionLimits _limits;
    private readonly ILogger _log;
    private readonly HashSet<string> _unreadable = new(StringComparer.Ordinal);
    private CatalogState? _seen;
    private DateTimeOffset _retryAt;

    /// <summary>A compactor.</summary>
    /// <param name="store">The catalog.</param>
    /// <param name="merger">Makes one file of several.</param>
    /// <param name="limits">Bounds of one merge.</param>
    /// <param name="loggers">Where log lines go.</param>
    public Compactor(
        IShipCatalog store, ISegmentMerger merger, CompactionLimits limits, ILoggerFactory loggers) =>
        (_store, _merger, _limits, _log) = (store, merger, limits, loggers.CreateLogger<Compactor>());

    /// <summary>True if nobody cuts here: then uncut segments are put together as well.</summary>
    public bool MayMergeUncut { get; init; }

    /// <summary>Values merged since the start: rows times fields.</summary>
    public long ValuesMerged { get; private set; }

    /// <summary>Does one compaction; false if there is none to do now.</summary>
    public bool RunOnce(DateTimeOffset now)
    {
        CatalogState catalog = _store.Catalog;
        bool isSame = ReferenceEquals(catalog.Segments, _seen?.Segments)
            && ReferenceEquals(catalog.Ledger, _seen?.Ledger);
        if (isSame && now < _retryAt) return false;
        foreach (Cell cell in catalog.Cells.Keys)
        {
            if (CompactionPolicy.Decide(catalog, cell, _limits, MayMergeUncut, now) is not { } plan) continue;
            if (plan.Segments.Any(segment => _unreadable.Contains(segment.Name))) continue;
            if (Carry(plan)) return true;
        }

        // Days end without a change of the catalog, so it looks again now and then.
        (_seen, _retryAt) = (catalog, now + RetryAfter);
        return false;
    }

    private bool Carry(CompactionPlan plan)
    {
        try
        {
            CutFile file = _merger.Merge(plan);
            bool isWritten = false;
            _store.ChangeCatalog(state =>
            {
                isWritten = Holds(state, plan);
                if (!isWritten) return null;
                StoredSegment segment =
                    new(file.Name, file.BytesLength, file.Manifest, plan.Rank, plan.AreCut);
                return new SegmentsCompacted(segment, [.. plan.Segments.Select(s => s.Name)]);
            });
            if (!isWritten) return false;
            ValuesMerged += plan.Segments.Sum(s => s.Manifest.Rows * s.Manifest.Fields.Length);
            Log.Compacted(_log, plan.Cell, plan.Segments.Length, file.Manifest.Rows, file.BytesLength);
            return true;
        }
        catch (Exception broken) when (
            broken is TsDbException { Kind: ErrorKind.Corrupt } or FileNotFoundException)
        {
            // Shipping and queries find out which it is; here all of them are left alone.
            Log.NotCompacted(_log, plan.Cell, broken);
            foreach (StoredSegment segment in plan.Segments) _unreadable.Add(segment.Name);
            return false;
        }
        catch (Exception busy) when (busy is IOException or TsDbException { Kind: ErrorKind.Unavailable })
        {
            Log.NotCompacted(_log, plan.Cell, busy);
            return false;
        }
    }

    private static bool Holds(CatalogState state, CompactionPlan plan) => plan.Segments.All(s =>
        state.Segments.TryGetValue(s.Name, out StoredSegment? there) && there.IsCut == s.IsCut
        && (!s.IsCut || RetentionPolicy.IsDurable(state, there)));
}
