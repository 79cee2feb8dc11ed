using Microsoft.Extensions.Logging;
using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Shipping;

/// <summary>
/// Makes shipments of sealed segments: merges what is uncut of a cell, then records ordinal and hash, synced,
/// before anybody hears of it. A crash before the record leaves a file that no catalog names; a crash after
/// it leaves a cut that is never made again. Used by one thread at a time.
/// </summary>
public sealed class Cutter
{
    // Whoever cuts does nothing else meanwhile: so many cuts, and of those that make files anew so many.
    private const int CutsMax = 256;
    private const int MergesMax = 8;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly IShipCatalog _store;
    private readonly IDisk _disk;
    private readonly ISegmentMerger _merger;
    private readonly CutLimits _limits;
    private readonly ILogger _log;
    private readonly SortedDictionary<Cell, List<UncutSegment>> _uncut = [];
    private readonly HashSet<string> _unreadable = new(StringComparer.Ordinal);
    private CatalogState? _seen;
    private DateTimeOffset _retryAt;

    /// <summary>A cutter; what is uncut already counts as sealed long ago.</summary>
    /// <param name="store">The catalog.</param>
    /// <param name="disk">Where the segment files lie.</param>
    /// <param name="merger">Makes one file of several.</param>
    /// <param name="limits">When to cut.</param>
    /// <param name="loggers">Where log lines go.</param>
    /// <param name="now">The time.</param>
    public Cutter(
        IShipCatalog store,
        IDisk disk,
        ISegmentMerger merger,
        CutLimits limits,
        ILoggerFactory loggers,
        DateTimeOffset now)
    {
        (_store, _disk, _merger, _limits) = (store, disk, merger, limits);
        _log = loggers.CreateLogger<Cutter>();
        Observe(now);
        MakeAllDue(now);
    }

    /// <summary>
    /// When <see cref="CutDue"/> has something to do at the latest; null while nothing is uncut.
    /// </summary>
    public DateTimeOffset? DueAt
    {
        get
        {
            if (_uncut.Count == 0) return null;
            DateTimeOffset due = _uncut.Values.Min(cell => CutPolicy.DueAt(cell, _limits));
            return due > _retryAt ? due : _retryAt;
        }
    }

    /// <summary>Takes notice of segments that were sealed, cut or dropped since the last call.</summary>
    public void Observe(DateTimeOffset now)
    {
        CatalogState catalog = _store.Catalog;
        if (ReferenceEquals(catalog, _seen)) return;
        _seen = catalog;
        Dictionary<string, DateTimeOffset> known = _uncut.Values.SelectMany(cell => cell)
            .ToDictionary(s => s.Segment.Name, s => s.DueAt, StringComparer.Ordinal);
        _uncut.Clear();
        foreach ((Cell cell, var segments) in catalog.Cells)
        {
            List<UncutSegment>? uncut = null;
            foreach (StoredSegment segment in segments)
            {
                if (segment.IsCut || _unreadable.Contains(segment.Name)) continue;
                DateTimeOffset due =
                    known.TryGetValue(segment.Name, out DateTimeOffset at) ? at : now + _limits.ShipDelay;
                (uncut ??= []).Add(new UncutSegment(segment, due));
            }

            if (uncut is not null) _uncut.Add(cell, uncut);
        }
    }

    /// <summary>Ends every delay: all that is sealed by now is cut next.</summary>
    public void MakeAllDue(DateTimeOffset now)
    {
        Observe(now);
        foreach (List<UncutSegment> cell in _uncut.Values)
        {
            for (int i = 0; i < cell.Count; i++)
            {
                if (cell[i].DueAt > now) cell[i] = cell[i] with { DueAt = now };
            }
        }
    }

    /// <summary>
    /// Makes the cuts that are due, up to some: at most one of each cell. Returns them once they are
    /// recorded, with one fsync for all; none when nothing is due.
    /// </summary>
    public IReadOnlyList<ShipLeaf> CutDue(DateTimeOffset now)
    {
        Observe(now);
        List<(CutPlan Plan, CutFile File)> made = [];
        (long bytes, int merged) = (0, 0);
        foreach (List<UncutSegment> cell in _uncut.Values.ToArray())
        {
            if (now < _retryAt || made.Count == CutsMax || bytes >= _limits.ShipBytes || merged == MergesMax)
                break;
            CutPlan? plan = CutPolicy.Decide(cell, _store.Catalog, _store.Incarnation, _limits, now);
            if (plan is null || Make(plan, now) is not { } cut) continue;
            made.Add(cut);
            bytes += cut.File.BytesLength;
            merged += cut.Plan.Rewrite ? 1 : 0;
        }

        return made.Count == 0 ? [] : Record(made, now);
    }

    private (CutPlan Plan, CutFile File)? Make(CutPlan plan, DateTimeOffset now)
    {
        try
        {
            StoredSegment newest = plan.Segments[^1];
            return (plan, plan.Rewrite
                ? _merger.Merge(plan)
                : new CutFile(
                    newest.Name, newest.BytesLength, FileHash.Of(_disk, newest.Name), newest.Manifest));
        }
        catch (Exception broken) when (IsUnreadable(broken))
        {
            // One bad file must not hold back the others: each goes on its own until the bad one is found.
            if (plan.Segments.Length > 1) return Make(CutPolicy.Alone(plan), now);
            string name = plan.Segments[0].Name;
            Log.SegmentUnreadable(_log, name, broken);
            _unreadable.Add(name);
            LookAgain(now);
        }
        catch (Exception busy) when (IsBusy(busy))
        {
            Wait(plan, busy, now);
        }

        return null;
    }

    private List<ShipLeaf> Record(List<(CutPlan Plan, CutFile File)> made, DateTimeOffset now)
    {
        List<ShipLeaf> cut = [];
        try
        {
            _store.ChangeCatalog(state =>
            {
                cut.Clear();
                List<CatalogRecord> records = [];
                foreach ((CutPlan plan, CutFile file) in made)
                {
                    if (!Holds(state, plan)) continue;
                    StoredSegment newest = plan.Segments[^1];
                    Leaf leaf = new(plan.Cell, plan.Incarnation, plan.Ordinal, file.Hash);
                    long rank = plan.Newer.IsEmpty ? newest.Rank : state.RankNext;
                    StoredSegment segment =
                        new(file.Name, file.BytesLength, file.Manifest, rank, IsCut: true);
                    records.Add(new LeafCut(leaf, segment, [.. plan.Segments.Select(s => s.Name)])
                    {
                        CutAt = now,
                    });
                    cut.Add(new ShipLeaf(
                        leaf, file.Name, file.BytesLength, file.Manifest.Rows, file.Manifest.Range));
                    Log.ShipmentCut(
                        _log, plan.Cell, plan.Ordinal.Value, file.BytesLength, plan.Segments.Length);
                }

                return ChangesTogether.Of(records);
            });
        }
        catch (Exception busy) when (IsBusy(busy))
        {
            Wait(made[0].Plan, busy, now);
            return [];
        }

        // Where retention or a new incarnation came in between, the plan is made again from what there is
        // now. A file that was made for nothing goes at the next start, as an earlier record that failed
        // might name it.
        LookAgain(now);
        return cut;
    }

    // Most likely the disk is full. What was cut is not touched by it, so shipping makes room meanwhile.
    private void Wait(CutPlan plan, Exception busy, DateTimeOffset now)
    {
        Log.CutFailed(_log, plan.Cell, busy);
        _retryAt = now + RetryAfter;
    }

    private void LookAgain(DateTimeOffset now)
    {
        _seen = null;
        Observe(now);
    }

    private static bool IsUnreadable(Exception e) =>
        e is TsDbException { Kind: ErrorKind.Corrupt } or FileNotFoundException;

    private static bool IsBusy(Exception e) =>
        e is IOException or TsDbException { Kind: ErrorKind.Unavailable };

    private bool Holds(CatalogState state, CutPlan plan) =>
        _store.Incarnation == plan.Incarnation
        && state.OrdinalNext(plan.Cell, plan.Incarnation) == plan.Ordinal
        && plan.Segments.All(
            s => state.Segments.TryGetValue(s.Name, out StoredSegment? there) && !there.IsCut);
}
