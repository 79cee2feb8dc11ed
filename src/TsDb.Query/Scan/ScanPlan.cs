using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;

namespace TsDb.Query.Scan;

/// <summary>
/// How the rows of a table are read so that each key appears once: what lies alone in its time is scanned as
/// it lies, only windows in which inputs of a cell overlap are merged by key. Pure.
/// </summary>
/// <param name="Files">Parts of files, each row in no other part.</param>
/// <param name="Merges">Windows to merge.</param>
/// <param name="HotWindows">Windows in which hot rows with unique keys lie alone and are scanned as they
/// lie.</param>
public sealed record ScanPlan(
    ImmutableArray<FilePart> Files, ImmutableArray<MergePart> Merges, ImmutableArray<TimeRange> HotWindows)
{
    /// <summary>
    /// Plans the scan of a snapshot. Inputs of different cells never share a key, and the day is a function
    /// of the time, so it is enough to look at each edge's inputs along the time.
    /// </summary>
    /// <param name="snapshot">Where the rows are.</param>
    /// <param name="scope">Rows outside it are left out where that is cheap.</param>
    /// <param name="hotRanges">Times that the hot rows lie in (see <see cref="HotTimes"/>); disjoint.</param>
    public static ScanPlan Of(TableSnapshot snapshot, ScanScope scope, IReadOnlyList<TimeRange> hotRanges)
    {
        Builder builder = new(scope.Range);
        SortedDictionary<EdgeId, List<Input>> byEdge = [];
        foreach (SegmentRef segment in snapshot.Segments)
            Add(byEdge, scope, segment.Manifest.Cell.Edge, new Input(segment.Manifest.Range, segment));
        if (snapshot.Hot is { } hot)
        {
            foreach (TimeRange range in hotRanges) Add(byEdge, scope, hot.Edge, new Input(range, null));
        }

        foreach ((EdgeId edge, List<Input> inputs) in byEdge)
            builder.AddEdge(edge, inputs, snapshot.Hot?.KeysAreUnique ?? true);
        return builder.Build();
    }

    private static void Add(
        SortedDictionary<EdgeId, List<Input>> byEdge, ScanScope scope, EdgeId edge, Input input)
    {
        if (!input.Range.Overlaps(scope.Range) || scope.Edges?.Contains(edge) == false) return;
        if (!byEdge.TryGetValue(edge, out List<Input>? inputs)) byEdge.Add(edge, inputs = []);
        inputs.Add(input);
    }

    // A segment, or a stretch of the hot rows if there is no segment.
    private sealed record Input(TimeRange Range, SegmentRef? Segment);

    private sealed class Builder(TimeRange scope)
    {
        private readonly ImmutableArray<FilePart>.Builder _files = ImmutableArray.CreateBuilder<FilePart>();
        private readonly ImmutableArray<MergePart>.Builder _merges =
            ImmutableArray.CreateBuilder<MergePart>();
        private readonly ImmutableArray<TimeRange>.Builder _hot = ImmutableArray.CreateBuilder<TimeRange>();

        public ScanPlan Build() => new(_files.ToImmutable(), _merges.ToImmutable(), _hot.ToImmutable());

        // A sweep along the time: between two neighbouring boundaries the set of inputs does not change.
        public void AddEdge(EdgeId edge, List<Input> inputs, bool hotIsUnique)
        {
            long[] bounds =
                [.. inputs.SelectMany(i => new[] { i.Range.StartNanoseconds, i.Range.EndNanoseconds })
                .Distinct().Order()];
            ILookup<long, Input> starts = inputs.ToLookup(i => i.Range.StartNanoseconds);
            ILookup<long, Input> ends = inputs.ToLookup(i => i.Range.EndNanoseconds);
            HashSet<Input> active = new(ReferenceEqualityComparer.Instance);
            HashSet<Input> merged = new(ReferenceEqualityComparer.Instance);
            long mergeStart = 0;
            for (int i = 0; i < bounds.Length; i++)
            {
                active.ExceptWith(ends[bounds[i]]);
                active.UnionWith(starts[bounds[i]]);
                bool merges = active.Count > 1
                    || (!hotIsUnique && active.Any(input => input.Segment is null));
                if (merged.Count > 0 && !merges)
                {
                    AddMerge(edge, new TimeRange(mergeStart, bounds[i]), merged);
                    merged.Clear();
                }

                if (merges && merged.Count == 0) mergeStart = bounds[i];
                if (merges) merged.UnionWith(active);
                else if (active.Count == 1)
                    AddAlone(active.Single(), new TimeRange(bounds[i], bounds[i + 1]));
            }
        }

        private void AddMerge(EdgeId edge, TimeRange window, HashSet<Input> inputs)
        {
            if (Clip(window) is not { } clipped) return;
            _merges.Add(new MergePart(
                edge,
                clipped,
                [.. inputs.Where(i => i.Segment is not null).Select(i => i.Segment!).OrderBy(s => s.Rank)
                    .ThenBy(s => s.Path, StringComparer.Ordinal)],
                inputs.Any(i => i.Segment is null)));
        }

        private void AddAlone(Input input, TimeRange window)
        {
            if (Clip(window) is not { } clipped) return;
            if (input.Segment is null) _hot.Add(window);
            else _files.Add(new FilePart(input.Segment, window == input.Range ? null : clipped));
        }

        private TimeRange? Clip(TimeRange window) => !window.Overlaps(scope)
            ? null
            : new TimeRange(
                Math.Max(window.StartNanoseconds, scope.StartNanoseconds),
                Math.Min(window.EndNanoseconds, scope.EndNanoseconds));
    }
}
