using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Ports;
using TsDb.Storage.Retention;

namespace TsDb.Storage.Compaction;

/// <summary>
/// Makes few files of many at an edge, and files without rows that are erased for good: merges, places the
/// file, then records it and takes the old ones out with one synced record. A crash before the record leaves
/// a file that no catalog names, which goes at the next start. Used by one thread at a time; queries that
/// read the old files go on reading them.
/// </summary>
public sealed class Compactor
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(30);

    private readonly IShipCatalog _store;
    private readonly ISegmentMerger _merger;
    private readonly CompactionLimits _limits;
    private readonly ILogger _log;
    private readonly HashSet<string> _unreadable = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _purgedTo = new(StringComparer.Ordinal);
    private CatalogState? _seen;
    private Erasures? _seenErasures;
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

    /// <summary>
    /// Segments that may have rows of final tombstones. After a start those that have none are looked through
    /// once more. May be read by any thread.
    /// </summary>
    public long FilesToPurge =>
        PurgePolicy.Left(_store.Catalog, _store.Tombstones.Erasures, PurgedTo).LongCount();

    /// <summary>Rows of final tombstones that were left out since the start, by files written anew
    /// alone.</summary>
    public long RowsPurged { get; private set; }

    /// <summary>
    /// Does one compaction, or writes one file anew without erased rows; false if there is nothing to do now.
    /// </summary>
    public bool RunOnce(DateTimeOffset now)
    {
        CatalogState catalog = _store.Catalog;
        Erasures erasures = _store.Tombstones.Erasures;
        bool isSame = ReferenceEquals(catalog.Segments, _seen?.Segments)
            && ReferenceEquals(catalog.Ledger, _seen?.Ledger) && ReferenceEquals(erasures, _seenErasures);
        if (isSame && now < _retryAt) return false;
        foreach ((CompactionPlan plan, TablePurge purge) in DueToPurge(catalog, erasures, now))
        {
            if (Carry(plan, purge)) return true;
        }

        foreach (Cell cell in catalog.Cells.Keys)
        {
            if (CompactionPolicy.Decide(catalog, cell, _limits, MayMergeUncut, now) is not { } plan) continue;
            if (plan.Segments.Any(segment => _unreadable.Contains(segment.Name))) continue;
            if (Carry(plan, TablePurge.Of(erasures, cell.Table))) return true;
        }

        // Days end without a change of the catalog, so it looks again now and then.
        (_seen, _seenErasures, _retryAt) = (catalog, erasures, now + RetryAfter);
        return false;
    }

    /// <summary>True if a segment may be looked through for rows of final tombstones now.</summary>
    public bool IsPurgeDue(DateTimeOffset now) =>
        DueToPurge(_store.Catalog, _store.Tombstones.Erasures, now).Any();

    private IEnumerable<(CompactionPlan Plan, TablePurge Purge)> DueToPurge(
        CatalogState catalog, Erasures erasures, DateTimeOffset now)
    {
        foreach ((StoredSegment segment, TablePurge purge) in PurgePolicy.Left(catalog, erasures, PurgedTo))
        {
            if (!_unreadable.Contains(segment.Name)
                && PurgePolicy.PlanOf(catalog, segment, _limits, MayMergeUncut, now) is { } alone)
                yield return (alone, purge);
        }
    }

    private long PurgedTo(string name) => _purgedTo.GetValueOrDefault(name);

    private bool Carry(CompactionPlan plan, TablePurge purge)
    {
        try
        {
            if (_merger.Merge(plan, purge.Mask) is not { } file)
            {
                _purgedTo[plan.Segments[0].Name] = purge.To;
                return false;
            }

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
            if (purge.To > 0) _purgedTo[file.Name] = purge.To;
            foreach (StoredSegment old in plan.Segments) _purgedTo.TryRemove(old.Name, out _);
            if (plan.Segments is [var alone])
            {
                RowsPurged += alone.Manifest.Rows - file.Manifest.Rows;
                Log.Purged(_log, plan.Cell, alone.Manifest.Rows - file.Manifest.Rows, file.Manifest.Rows);
                return true;
            }

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
