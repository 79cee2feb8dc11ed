using CsCheck;
using TsDb.Columnar;
using TsDb.Model;

namespace TsDb.Tests.Columnar;

public sealed class SegmentTests
{
    public static readonly SegmentFacts Facts = new(
        new Cell(ModelBatches.Table, new EdgeId("E1"), new Day(16801)),
        new Incarnation(new Guid("00112233-4455-6677-8899-aabbccddeeff")),
        new OrdinalRange(new Ordinal(3), new Ordinal(5)));

    private static readonly long DayStart = Facts.Cell.Day.Range.StartNanoseconds;

    private static readonly Gen<long> Times = Gen.OneOf(
        Gen.Long[0, 30].Select(t => t * 1_000_000_000), Gen.Long[0, Day.NanosecondsLength - 1])
            .Select(t => DayStart + t);

    internal static readonly Gen<SortedRun> Runs = GenPoints.Point(Times).List[1, 120].Select(
        points => KeyMerge.Merge(ModelBatches.Table, [ModelBatches.Build(points, GenPoints.Fields)]));

    private static readonly Gen<SegmentOptions> Options = Gen.Select(
        Gen.OneOf(Gen.Int[1, 20], Gen.Const(122_880)), Gen.Int[1, 6],
        (rows, level) => new SegmentOptions { RowGroupRowsMax = rows, ZstdLevel = level });

    [Fact]
    public void What_was_written_comes_back() => Gen.Select(Runs, Options).Sample((run, options) =>
    {
        using MemoryStream file = new();
        SegmentManifest written = SegmentWriter.Write(run, Facts, file, options);
        using SegmentReader reader = SegmentReader.Open(file);
        Assert.Equal(ManifestCodec.Encode(written), ManifestCodec.Encode(reader.Manifest));
        Assert.Equal(
            (run.RowCount, run.SeriesCount, run.Range), (written.Rows, written.SeriesCount, written.Range));
        reader.Verify();
        SortedRun back = reader.Read();
        KeyMergeTests.AssertSorted(back);
        Assert.Equal(Text(run), Text(back));
    });

    [Fact]
    public void The_same_rows_give_the_same_bytes() => Gen.Select(Runs, Options).Sample((run, options) =>
        Assert.Equal(Write(run, options), Write(KeyMerge.Merge(ModelBatches.Table, [run.Batch]), options)));

    [Fact]
    public void A_range_and_a_choice_of_fields_leave_the_rest_out() =>
        Gen.Select(Runs, Options, Gen.Long[0, 30], Gen.Long[0, 30]).Sample((run, options, start, length) =>
    {
        TimeRange range = new(
            DayStart + (start * 1_000_000_000), DayStart + ((start + length) * 1_000_000_000));
        using SegmentReader reader = SegmentReader.Open(new MemoryStream(Write(run, options)));
        SortedRun back = reader.Read(new HashSet<string> { "f", "s" }, range);
        KeyMergeTests.AssertSorted(back);
        IEnumerable<ModelPoint> expected = ModelBatches.Read(run.Batch)
            .Where(p => range.Contains(p.Time))
            .Select(p => p with { Fields = p.Fields.Where(f => f.Key is "f" or "s").ToDictionary() });
        Assert.Equal(ModelBatches.Text(expected), Text(back));
    });

    [Fact]
    public void Damaged_bytes_are_corrupt_or_readable_and_never_crash() => Gen.Select(
        Runs, Options, Gen.Int[0, int.MaxValue].Array[1, 5], Gen.Byte, Gen.Int[0, 9])
            .Sample((run, options, places, value, cut) =>
    {
        byte[] bytes = Write(run, options);
        // Half of the damage goes into the footer, which is where it is most interesting.
        foreach (int place in places)
            bytes[place % 2 == 0 ? place % bytes.Length
                : bytes.Length - 1 - (place % Math.Min(bytes.Length, 900))] = value;
        if (cut == 0) bytes = bytes[..(places[0] % bytes.Length)];
        try
        {
            using SegmentReader reader = SegmentReader.Open(new MemoryStream(bytes));
            ModelBatches.Read(reader.Read().Batch);
            reader.Verify();
        }
        catch (TsDbException error)
        {
            Assert.True(
                error.Kind == ErrorKind.Corrupt
                    || error.Message.Contains("format version", StringComparison.Ordinal),
                error.ToString());
        }
    }, iter: 500);

    [Fact]
    public void Files_merged_field_by_field_equal_their_rows_merged() =>
        Gen.Select(Runs.List[1, 4], Options).Sample((runs, options) =>
    {
        List<SegmentReader> readers =
            [.. runs.Select(r => SegmentReader.Open(new MemoryStream(Write(r, options))))];
        SortedRun merged = KeyMerge.Merge(ModelBatches.Table, [.. readers.Select(r => r.Read().Batch)]);
        using MemoryStream file = new();
        SegmentManifest manifest = SegmentWriter.Merge(readers, Facts, file, options);
        Assert.Equal(merged.RowCount, manifest.Rows);
        Assert.Equal(Write(merged, options), file.ToArray());
        readers.ForEach(r => r.Dispose());
    });

    [Fact]
    public void Rows_outside_the_cell_are_refused()
    {
        SortedRun run = KeyMerge.Merge(ModelBatches.Table, [ModelBatches.Build(
            [new ModelPoint(
                new Dictionary<string, string>(), DayStart - 1, new Dictionary<string,
                object> { ["f"] = 1.0 })],
            ("f", FieldType.Float64))]);
        TsDbException error = Assert.Throws<TsDbException>(
            () => SegmentWriter.Write(run, Facts, new MemoryStream()));
        Assert.Equal(ErrorKind.Invalid, error.Kind);
    }

    [Fact]
    public void A_newer_version_is_refused_by_name()
    {
        byte[] json = "{\"version\":2,\"something\":{\"version\":1}}"u8.ToArray();
        TsDbException error = Assert.Throws<TsDbException>(() => ManifestCodec.Decode(json));
        Assert.Equal(ErrorKind.Invalid, error.Kind);
        Assert.Contains("version 2", error.Message, StringComparison.Ordinal);
    }

    internal static byte[] Write(SortedRun run, SegmentOptions? options = null)
    {
        using MemoryStream file = new();
        SegmentWriter.Write(run, Facts, file, options);
        return file.ToArray();
    }

    private static string Text(SortedRun run) => ModelBatches.Text(ModelBatches.Read(run.Batch));
}
