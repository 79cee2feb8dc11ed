using CsCheck;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Scan;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Query.Scan;

public sealed class ScanPlanTests
{
    private static readonly EdgeId E1 = new("E1");

    [Fact]
    public void What_lies_alone_is_scanned_whole()
    {
        ScanPlan plan = Plan([Segment("a", 0, 10), Segment("b", 10, 20)], null);
        Assert.Equal([("a", null), ("b", null)], plan.Files.Select(f => (f.Segment.Path, f.Window)));
        Assert.Empty(plan.Merges);
    }

    [Fact]
    public void Only_the_window_of_an_overlap_is_merged()
    {
        ScanPlan plan = Plan([Segment("b", 8, 20, rank: 2), Segment("a", 0, 10, rank: 1)], null);
        Assert.Equal(
            [("a", new TimeRange(0, 8)), ("b", (TimeRange?)new TimeRange(10, 20))],
            plan.Files.Select(f => (f.Segment.Path, f.Window)));
        MergePart merge = Assert.Single(plan.Merges);
        Assert.Equal(new TimeRange(8, 10), merge.Window);
        Assert.Equal(["a", "b"], merge.OldestFirst.Select(s => s.Path));
        Assert.False(merge.WithHot);
    }

    [Fact]
    public void Segments_of_different_edges_never_merge() =>
        Assert.Empty(Plan([Segment("a", 0, 10), Segment("b", 0, 10, edge: "E2")], null).Merges);

    [Fact]
    public void Hot_rows_that_repeat_keys_are_merged_even_alone()
    {
        ScanPlan plan = Plan([], [new TimeRange(0, 5)], isUnique: false);
        Assert.True(Assert.Single(plan.Merges).WithHot);
        plan = Plan([], [new TimeRange(0, 5)], isUnique: true);
        Assert.Equal([new TimeRange(0, 5)], plan.HotWindows);
    }

    [Fact]
    public void A_late_point_does_not_touch_the_segments_since()
    {
        TableBatch late = Batch(5);
        TableBatch steady = Batch([.. Enumerable.Range(900, 100).Select(i => (long)i)]);
        IReadOnlyList<TimeRange> ranges = HotTimes.Of([Batch(1, 1_000_000), late, steady]);
        Assert.Equal(
            [new TimeRange(1, 2), new TimeRange(5, 6), new TimeRange(900, 1000),
                new TimeRange(1_000_000, 1_000_001)],
            ranges);
    }

    [Fact]
    public void Every_row_of_every_input_is_read_once_and_overlaps_are_merged() =>
        Gen.Select(
            Gen.Select(Gen.Int[0, 30], Gen.Int[1, 10], Gen.Int[0, 1]).Array[0, 8],
            Gen.Select(Gen.Int[0, 30], Gen.Int[1, 10]).Array[0, 3], Gen.Bool,
            Gen.Select(Gen.Int[0, 20], Gen.Int[1, 40]))
        .Sample((segments, hot, isUnique, scope) =>
        {
            List<SegmentRef> refs = [.. segments.Select((s, i) => Segment(
                $"{i}", s.Item1, s.Item1 + s.Item2, i, s.Item3 == 0 ? "E1" : "E2"))];
            IReadOnlyList<TimeRange> hotRanges = HotTimes.Of([.. hot.Select(h => Batch(
                [.. Enumerable.Range(h.Item1, h.Item2).Select(t => (long)t)]))]);
            ScanScope range = new(new TimeRange(scope.Item1, scope.Item1 + scope.Item2), null, null);
            ScanPlan plan = Plan(refs, hotRanges, isUnique, range);
            for (long time = scope.Item1; time < scope.Item1 + scope.Item2; time++)
            {
                foreach (string edge in (string[])["E1", "E2"]) CheckAt(
                    time, edge, refs, hotRanges, plan, isUnique);
            }
        });

    private static void CheckAt(
        long time, string edge, List<SegmentRef> segments, IReadOnlyList<TimeRange> hot, ScanPlan plan,
            bool isUnique)
    {
        List<string> here = [.. segments
            .Where(s => s.Manifest.Cell.Edge.Value == edge && s.Manifest.Range.Contains(time)).Select(
                s => s.Path)];
        bool isHot = edge == "E1" && hot.Any(range => range.Contains(time));
        List<string> alone = [.. plan.Files.Where(f => f.Segment.Manifest.Cell.Edge.Value == edge
            && f.Segment.Manifest.Range.Contains(time) && f.Window?.Contains(time) != false).Select(
                f => f.Segment.Path)];
        List<MergePart> merges = [.. plan.Merges.Where(m => m.Edge.Value == edge && m.Window.Contains(time))];
        bool isHotAlone = edge == "E1" && plan.HotWindows.Any(window => window.Contains(time));
        if (here.Count + (isHot ? 1 : 0) > 1 || (isHot && !isUnique))
        {
            MergePart merge = Assert.Single(merges);
            Assert.Subset(merge.OldestFirst.Select(s => s.Path).ToHashSet(), here.ToHashSet());
            Assert.True(merge.WithHot || !isHot);
            Assert.Empty(alone);
            Assert.False(isHotAlone);
        }
        else
        {
            Assert.Empty(merges);
            Assert.Equal(here, alone);
            Assert.Equal(isHot, isHotAlone);
        }
    }

    private static ScanPlan Plan(
        IReadOnlyList<SegmentRef> segments, IReadOnlyList<TimeRange>? hot, bool isUnique = true,
            ScanScope? scope = null) =>
        ScanPlan.Of(
            new TableSnapshot(
                ModelBatches.Table, segments, hot is null ? null : new HotRows(E1, [], isUnique)),
            scope ?? ScanScope.All,
            hot ?? []);

    private static SegmentRef Segment(string path, long start, long end, long rank = 1, string edge = "E1") =>
        new(
        path, 1,
        new SegmentManifest
        {
            Cell = new Cell(ModelBatches.Table, new EdgeId(edge), new Day(0)),
            Incarnation = new Incarnation(Guid.Empty),
            Ordinals = new OrdinalRange(new(1), new(1)),
            Range = new TimeRange(start, end),
            Rows = 1,
            SeriesCount = 1,
            Tags = [],
            Fields = [],
        },
        rank);

    private static TableBatch Batch(params long[] times) => ModelBatches.Build(
        [.. times.Select(t => new ModelPoint(
            new Dictionary<string, string>(), t, new Dictionary<string, object> { ["f"] = 1.0 }))],
        ("f", FieldType.Float64));
}
