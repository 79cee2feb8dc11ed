using Parquet;
using Parquet.Schema;
using TsDb.Columnar;
using TsDb.Model;

namespace TsDb.Tests.Columnar;

/// <summary>A second reader that is not ours, written by other people than the first.</summary>
public sealed class ParquetNetReadsSegmentsTests
{
    [Fact]
    public async Task Integers_text_and_times_are_read_as_written()
    {
        long start = SegmentTests.Facts.Cell.Day.Range.StartNanoseconds;
        List<ModelPoint> points = [.. Enumerable.Range(0, 3000).Select(i => new ModelPoint(
            new Dictionary<string, string> { ["host"] = "h" + (i / 100) }, start + (i * 1_000_000_007L),
            new Dictionary<string,
                object> { ["i"] = (long)i * i, ["f"] = Math.Sqrt(i), ["s"] = "text " + (i % 7) }))];
        SortedRun run = KeyMerge.Merge(ModelBatches.Table, [ModelBatches.Build(
            points, ("i", FieldType.Int64), ("f", FieldType.Float64), ("s", FieldType.String))]);
        byte[] file = SegmentTests.Write(run, new SegmentOptions { RowGroupRowsMax = 1000 });
        await using ParquetReader reader = await ParquetReader.CreateAsync(new MemoryStream(file));
        Assert.Equal(3, reader.RowGroupCount);
        Assert.Equal(["time", "host", "i", "f", "s"], reader.Schema.DataFields.Select(f => f.Name));
        long[] integers = new long[1000];
        double[] doubles = new double[1000];
        string?[] texts = new string?[1000];
        using ParquetRowGroupReader group = reader.OpenRowGroupReader(0);
        DataField[] fields = reader.Schema.DataFields;
        await Fill(group, fields[2], integers);
        await Fill(group, fields[3], doubles);
        await group.ReadAsync(fields[4], texts.AsMemory());
        List<ModelPoint> expected = ModelBatches.Read(run.Batch)[..1000];
        Assert.Equal(expected.Select(p => (long)p.Fields["i"]), integers);
        Assert.Equal(expected.Select(p => (double)p.Fields["f"]), doubles);
        Assert.Equal(expected.Select(p => (string)p.Fields["s"]), texts);
    }

    private static async Task Fill<T>(ParquetRowGroupReader group, DataField field, T[] values)
        where T : struct
    {
        T?[] read = new T?[values.Length];
        await group.ReadAsync(field, read.AsMemory());
        for (int i = 0; i < values.Length; i++) values[i] = read[i]!.Value;
    }
}
