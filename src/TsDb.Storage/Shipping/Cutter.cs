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
    /// When <see cref="CutNext"/> has something to do at the latest; null while nothing is uncut.
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
    /// Makes one cut if one is due; returns it once it is recorded. Null when nothing is due.
    /// </summary>
    public ShipLeaf? CutNext(DateTimeOffset now)
    {
        Observe(now);
        if (now < _retryAt) return null;
        foreach (List<UncutSegment> cell in _uncut.Values.ToArray())
        {
            CutPlan? plan = CutPolicy.Decide(cell, _store.Catalog, _store.Incarnation, _limits, now);
            if (plan is not null && Carry(plan, now) is { } leaf) return leaf;
        }

        return null;
    }

    private ShipLeaf? Carry(CutPlan plan, DateTimeOffset now)
    {
        try
        {
            return Cut(plan, now);
        }
        catch (Exception broken) when (IsUnreadable(broken))
        {
            if (plan.Segments.Length > 1)
            {
                // One bad file must not hold back the others: each goes on its own until the bad one is
                // found.
                return Carry(CutPolicy.Alone(plan), now);
            }

            string name = plan.Segments[0].Name;
            Log.SegmentUnreadable(_log, name, broken);
            _unreadable.Add(name);
            _seen = null;
            Observe(now);
            return null;
        }
        catch (Exception busy) when (busy is IOException or TsDbException { Kind: ErrorKind.Unavailable })
        {
            // Most likely the disk is full. What was cut is not touched by it, so shipping makes room
            // meanwhile.
            Log.CutFailed(_log, plan.Cell, busy);
            _retryAt = now + RetryAfter;
            return null;
        }
    }

    private static bool IsUnreadable(Exception e) =>
        e is TsDbException { Kind: ErrorKind.Corrupt } or FileNotFoundException;

    private ShipLeaf? Cut(CutPlan plan, DateTimeOffset now)
    {
        StoredSegment newest = plan.Segments[^1];
        CutFile file = plan.Rewrite
            ? _merger.Merge(plan)
            : new CutFile(newest.Name, newest.BytesLength, FileHash.Of(_disk, newest.Name), newest.Manifest);
        Leaf leaf = new(plan.Cell, plan.Incarnation, plan.Ordinal, file.Hash);
        bool isWritten = false;
        _store.ChangeCatalog(state =>
        {
            isWritten = Holds(state, plan);
            if (!isWritten) return null;
            long rank = plan.Newer.IsEmpty ? newest.Rank : state.RankNext;
            StoredSegment cut = new(file.Name, file.BytesLength, file.Manifest, rank, IsCut: true);
            return new LeafCut(leaf, cut, [.. plan.Segments.Select(s => s.Name)]);
        });
        if (!isWritten)
        {
            // Retention or a new incarnation came in between: the plan is made again from what there is now.
            // A file that was made for nothing goes at the next start, as an earlier record that failed might
            // name it.
            _seen = null;
            Observe(now);
            return null;
        }

        Log.ShipmentCut(_log, plan.Cell, plan.Ordinal.Value, file.BytesLength, plan.Segments.Length);
        Observe(now);
        return new ShipLeaf(leaf, file.Name, file.BytesLength, file.Manifest.Rows, file.Manifest.Range);
    }

    private bool Holds(CatalogState state, CutPlan plan) =>
        _store.Incarnation == plan.Incarnation
        && state.OrdinalNext(plan.Cell, plan.Incarnation) == plan.Ordinal
        && plan.Segments.All(
            s => state.Segments.TryGetValue(s.Name, out StoredSegment? there) && !there.IsCut);
}
