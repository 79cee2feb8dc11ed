using System.Text;
using Apache.Arrow;
using CsCheck;
using TsDb.Columnar;
using TsDb.Model;

namespace TsDb.Tests.Columnar;

public sealed class KeyMergeTests
{
    private static readonly Gen<long> FewTimes = Gen.OneOf(
        Gen.Long[0, 20], Gen.Long[-3, 3].Select(d => d * Day.NanosecondsLength),
        Gen.OneOf(long.MinValue, long.MaxValue));

    private static readonly Gen<List<List<ModelPoint>>> Inputs = GenPoints.Point(FewTimes).List[0, 40]
        .List[0, 6];

    [Fact]
    public void Of_equal_keys_the_newest_value_of_each_field_remains() => Inputs.Sample(inputs =>
    {
        SortedRun run = KeyMerge.Merge(ModelBatches.Table, Batches(inputs));
        Assert.Equal(SortedText(Merged(inputs.SelectMany(i => i))), SortedText(ModelBatches.Read(run.Batch)));
        AssertSorted(run);
    });

    [Fact]
    public void A_run_is_an_input_like_any_other() => Inputs.Sample(inputs =>
    {
        SortedRun whole = KeyMerge.Merge(ModelBatches.Table, Batches(inputs));
        int half = inputs.Count / 2;
        SortedRun left = KeyMerge.Merge(ModelBatches.Table, Batches(inputs[..half]));
        SortedRun right = KeyMerge.Merge(ModelBatches.Table, Batches(inputs[half..]));
        SortedRun again = KeyMerge.Merge(ModelBatches.Table, [left.Batch, right.Batch]);
        Assert.Equal(
            ModelBatches.Text(ModelBatches.Read(whole.Batch)),
            ModelBatches.Text(ModelBatches.Read(again.Batch)));
    });

    [Fact]
    public void A_window_leaves_out_what_is_outside() =>
        Gen.Select(Inputs, Gen.Long[-5, 25], Gen.Long[0, 25]).Sample((inputs, start, length) =>
    {
        TimeRange window = new(start, start + length);
        SortedRun run = KeyMerge.Merge(ModelBatches.Table, Batches(inputs), window);
        Assert.Equal(
            SortedText(Merged(inputs.SelectMany(i => i)).Where(p => window.Contains(p.Time))),
            SortedText(ModelBatches.Read(run.Batch)));
        AssertSorted(run);
    });

    [Fact]
    public void Cells_put_together_field_by_field_are_the_days_of_the_merged_run() => Inputs.Sample(inputs =>
    {
        List<TableBatch> batches = Batches(inputs);
        (Day, string)[] merged = [.. KeyMerge.Merge(ModelBatches.Table, batches).SplitByDay().Select(
            day => (day.Day, ModelBatches.Text(ModelBatches.Read(day.Run.Batch))))];
        (Day, string)[] cells = [.. CellRows.ByDay(ModelBatches.Table, batches).Select(
            day => (day.Day, ModelBatches.Text(ModelBatches.Read(day.Rows.ToRun().Batch))))];
        Assert.Equal(merged, cells);
        foreach ((Day day, CellRows rows) in CellRows.ByDay(ModelBatches.Table, batches))
        {
            // As a segment is written: the memory of one field serves the next.
            using MemoryStream file = new();
            SegmentWriter.Write(rows, Facts(day), file);
            using MemoryStream whole = new();
            SegmentWriter.Write(rows.ToRun(), Facts(day), whole);
            Assert.Equal(whole.ToArray(), file.ToArray());
        }
    });

    [Fact]
    public void Days_part_a_run_without_loss() => Inputs.Sample(inputs =>
    {
        SortedRun run = KeyMerge.Merge(ModelBatches.Table, Batches(inputs));
        IReadOnlyList<(Day Day, SortedRun Run)> days = run.SplitByDay();
        Assert.Equal(run.RowCount, days.Sum(d => d.Run.RowCount));
        foreach ((Day day, SortedRun part) in days)
        {
            AssertSorted(part);
            Assert.All(part.Batch.Times.ToArray(), t => Assert.Equal(day, Day.Of(t)));
        }

        Assert.Equal(
            SortedText(ModelBatches.Read(run.Batch)),
            SortedText(days.SelectMany(d => ModelBatches.Read(d.Run.Batch))));
    });

    [Fact]
    public void Late_points_are_parted_by_the_newest_of_their_series() =>
        Gen.Select(Inputs, Gen.Long[0, 10]).Sample((inputs, lateness) =>
    {
        SortedRun run = KeyMerge.Merge(ModelBatches.Table, Batches(inputs));
        (SortedRun onTime, SortedRun late) = run.SplitLate(lateness);
        List<ModelPoint> all = ModelBatches.Read(run.Batch);
        HashSet<string> lateKeys = [.. all
            .GroupBy(p => (p with { Time = 0 }).Key)
            .SelectMany(s => s.Where(p => (Int128)s.Max(q => q.Time) - p.Time > lateness))
            .Select(p => p.Key)];
        Assert.Equal(
            SortedText(all.Where(p => lateKeys.Contains(p.Key))), SortedText(ModelBatches.Read(late.Batch)));
        Assert.Equal(
            SortedText(all.Where(p => !lateKeys.Contains(p.Key))),
            SortedText(ModelBatches.Read(onTime.Batch)));
    });

    [Fact]
    public void A_field_of_two_types_is_a_conflict()
    {
        TableBatch asInteger = ModelBatches.Build([Point(1L)], ("v", FieldType.Int64));
        TableBatch asText = ModelBatches.Build([Point("x")], ("v", FieldType.String));
        TsDbException error = Assert.Throws<TsDbException>(
            () => KeyMerge.Merge(ModelBatches.Table, [asInteger, asText]));
        Assert.Equal(ErrorKind.Conflict, error.Kind);
    }

    [Fact]
    public void Sliced_arrays_are_read_from_their_offset()
    {
        List<ModelPoint> points = [.. Enumerable.Range(0, 20).Select(i => new ModelPoint(
            new Dictionary<string, string> { ["host"] = "h" + (i % 3) }, i,
            new Dictionary<string, object> { ["b"] = i % 2 == 0, ["s"] = "t" + i, ["i"] = (long)i }))];
        TableBatch whole = ModelBatches.Build(
            points, ("b", FieldType.Boolean), ("s", FieldType.String), ("i", FieldType.Int64));
        TableBatch slice = new(whole.Table, whole.Series, whole.Rows.Slice(5, 9));
        SortedRun run = KeyMerge.Merge(ModelBatches.Table, [slice]);
        Assert.Equal(SortedText(points[5..14]), SortedText(ModelBatches.Read(run.Batch)));
    }

    internal static List<TableBatch> Batches(IEnumerable<List<ModelPoint>> inputs) =>
        [.. inputs.Select(i => ModelBatches.Build(i, GenPoints.Fields))];

    /// <summary>
    /// The model: a dictionary by key, later points write over earlier ones field by field.
    /// </summary>
    internal static IEnumerable<ModelPoint> Merged(IEnumerable<ModelPoint> points)
    {
        Dictionary<string, ModelPoint> byKey = [];
        foreach (ModelPoint point in points)
        {
            Dictionary<string, object> fields = byKey.TryGetValue(point.Key, out ModelPoint? known)
                ? new(known.Fields)
                : [];
            foreach ((string name, object value) in point.Fields) fields[name] = value;
            byKey[point.Key] = point with { Fields = fields };
        }

        return byKey.Values;
    }

    internal static string SortedText(IEnumerable<ModelPoint> points) =>
        ModelBatches.Text(points.OrderBy(p => p.Key, StringComparer.Ordinal));

    internal static void AssertSorted(SortedRun run)
    {
        TableBatch batch = run.Batch;
        for (int series = 1; series < run.SeriesCount; series++)
            Assert.True(Compare(batch.Series, series - 1, series) < 0, $"series {series} is out of order");
        for (int row = 1; row < run.RowCount; row++)
        {
            int step = batch.SeriesIndex[row] - batch.SeriesIndex[row - 1];
            Assert.True(
                step == 1 || (step == 0 && batch.Times[row - 1] < batch.Times[row]),
                $"row {row} is out of order");
        }

        if (run.RowCount > 0) Assert.Equal(
            (0, run.SeriesCount - 1), (batch.SeriesIndex[0], batch.SeriesIndex[^1]));
    }

    private static int Compare(RecordBatch series, int left, int right)
    {
        foreach (IArrowArray tag in series.Arrays)
        {
            byte[] a = Encoding.UTF8.GetBytes(((StringArray)tag).GetString(left) ?? "");
            byte[] b = Encoding.UTF8.GetBytes(((StringArray)tag).GetString(right) ?? "");
            int order = a.AsSpan().SequenceCompareTo(b);
            if (order != 0) return order;
        }

        return 0;
    }

    private static ModelPoint Point(object value) =>
        new(new Dictionary<string, string>(), 1, new Dictionary<string, object> { ["v"] = value });

    private static SegmentFacts Facts(Day day) => new(
        new Cell(ModelBatches.Table, new EdgeId("E1"), day), default,
        new OrdinalRange(Ordinal.First, Ordinal.First));
}
