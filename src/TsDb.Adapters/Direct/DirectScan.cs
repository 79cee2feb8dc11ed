using System.Runtime.CompilerServices;
using TsDb.Adapters.DuckDb;
using TsDb.Columnar;
using TsDb.Columnar.Vectors;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Direct;
using TsDb.Query.Scan;

namespace TsDb.Adapters.Direct;

/// <summary>What one statement reads of its table, planned as for the general engine.</summary>
internal sealed class DirectScan
{
    // Windows in which hot rows are looked through one after the other.
    private const int HotWindowsMax = 8;

    // What is decoded of a batch of the hot buffer is kept as long as the batch.
    private static readonly ConditionalWeakTable<TableBatch, RowBlock> HotBlocks = [];

    private readonly Relation.Points _points;
    private readonly HotRows? _hot;
    private readonly ScanPlan _plan;

    private DirectScan(Relation.Points points, HotRows? hot, ScanPlan plan) =>
        (_points, _hot, _plan) = (points, hot, plan);

    /// <summary>Rows of all that is read, as far as manifests tell.</summary>
    public long RowsAtMost => _plan.Files.Sum(file => file.Segment.Manifest.Rows)
        + _plan.Merges.Sum(merge => merge.OldestFirst.Sum(segment => segment.Manifest.Rows))
        + (_hot?.Batches.Sum(batch => (long)batch.RowCount) ?? 0);

    /// <summary>About as many of these rows as lie in a time, if those of each file lie evenly.</summary>
    public double RowsWithin(TimeRange range) => RowsAtMost - _plan.Files.Sum(file =>
        file.Segment.Manifest.Rows * (1 - Share(file.Segment.Manifest.Range, range)));

    /// <summary>False if the rows lie in more places than pay here.</summary>
    public bool IsSimple => _plan.HotWindows.Length <= HotWindowsMax;

    /// <summary>Plans the scan.</summary>
    public static DirectScan Of(Relation.Points points, DirectPlan plan)
    {
        TableSnapshot seen = points.Mask.Seen(points.Snapshot);
        return new DirectScan(points, seen.Hot, ScanPlan.Of(
            seen, plan.Scope, seen.Hot is { } hot ? HotTimes.Of(hot.Batches) : []));
    }

    /// <summary>The rows; files that are not kept decoded are opened.</summary>
    public IReadOnlyList<DirectInput> Read(SegmentCache cache, DirectPlan plan, CancellationToken ct)
    {
        List<DirectInput> inputs = [];
        foreach (FilePart part in _plan.Files)
        {
            ct.ThrowIfCancellationRequested();
            TimeRange window = part.Window ?? part.Segment.Manifest.Range;
            PointMask mask = _points.Mask.Reaching(part.Segment.Manifest).IsEmpty
                ? PointMask.None : _points.Mask;
            foreach (RowBlock block in cache.Blocks(part.Segment, Clip(window, plan.Scope.Range)))
                inputs.Add(new DirectInput(block, part.Segment.Manifest.Cell.Edge, window, mask));
        }

        foreach (MergePart part in _plan.Merges)
        {
            ct.ThrowIfCancellationRequested();
            SortedRun run = PointsMerge.Run(_points, _hot, part, plan.Fields);
            if (run.RowCount > 0)
                inputs.Add(new DirectInput(RowBlock.Of(run), part.Edge, part.Window, PointMask.None));
        }

        if (_hot is not { } hot) return inputs;
        foreach (TableBatch batch in hot.Batches.Where(batch => HotTimes.Reach(batch, plan.Scope.Range)))
        {
            foreach (TimeRange window in _plan.HotWindows.Where(window => HotTimes.Reach(batch, window)))
            {
                RowBlock block = HotBlocks.GetValue(batch, RowBlock.Of);
                inputs.Add(new DirectInput(block, hot.Edge, window, PointMask.None));
            }
        }

        return inputs;
    }

    private static double Share(TimeRange whole, TimeRange part)
    {
        TimeRange common = Clip(whole, part);
        return Length(common) / Length(whole);

        static double Length(TimeRange range) => (double)range.EndNanoseconds - range.StartNanoseconds;
    }

    private static TimeRange Clip(TimeRange window, TimeRange scope)
    {
        long start = Math.Max(window.StartNanoseconds, scope.StartNanoseconds);
        return new TimeRange(start, Math.Max(start, Math.Min(window.EndNanoseconds, scope.EndNanoseconds)));
    }
}
