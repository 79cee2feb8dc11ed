using System.Runtime.CompilerServices;
using TsDb.Columnar;
using TsDb.Model;

namespace TsDb.Tests.Columnar;

/// <summary>
/// Files that earlier programs wrote stay readable. <c>segment-v1.parquet</c> was written by the first writer
/// of format version 1 from <see cref="Points"/>; it is never written again. A writer that makes other bytes
/// of the same version (a better choice of encodings, say) adds a file of its own.
/// </summary>
public sealed class GoldenSegmentTests
{
    private static readonly (string Name, FieldType Type)[] Fields =
    [
        ("count", FieldType.Int64), ("edge", FieldType.UInt64), ("price", FieldType.Float64),
        ("wild", FieldType.Float64),
        ("on", FieldType.Boolean), ("note", FieldType.String),
    ];

    [Fact]
    public void Version_1_is_read()
    {
        using SegmentReader reader = SegmentReader.Open(
            new MemoryStream(File.ReadAllBytes(PathOf("segment-v1.parquet"))));
        reader.Verify();
        SegmentManifest manifest = reader.Manifest;
        Assert.Equal(
            (1, 60L, 3L, 3), (manifest.Version, manifest.Rows, manifest.SeriesCount, reader.RowGroupCount));
        Assert.Equal((SegmentTests.Facts.Cell, SegmentTests.Facts.Incarnation, SegmentTests.Facts.Ordinals),
            (manifest.Cell, manifest.Incarnation, manifest.Ordinals));
        Assert.Equal(("edge_1", 2), (manifest.NameInFile("edge"), manifest.DecimalScales["price"]));
        Assert.Equal(
            KeyMergeTests.SortedText(Points()),
            KeyMergeTests.SortedText(ModelBatches.Read(reader.Read().Batch)));
    }

    [Fact]
    public void The_writer_still_makes_the_same_bytes() =>
        Assert.Equal(File.ReadAllBytes(PathOf("segment-v1.parquet")), Write());

    private static byte[] Write() => SegmentTests.Write(
        KeyMerge.Merge(ModelBatches.Table, [ModelBatches.Build(Points(), Fields)]),
        new SegmentOptions { RowGroupRowsMax = 24 });

    private static List<ModelPoint> Points()
    {
        double[] wild = [double.NaN, -0.0, double.Epsilon, double.NegativeInfinity, Math.PI];
        List<ModelPoint> points = [];
        for (int i = 0; i < 60; i++)
        {
            Dictionary<string, string> tags = [];
            if (i % 3 > 0) tags["host"] = i % 3 == 1 ? "größe" : "zwei wörter";
            if (i % 3 == 2) tags["region"] = "日本";
            Dictionary<string, object> fields = new()
            {
                ["count"] = i * 1000L, ["price"] = i / 100.0, ["on"] = i % 2 == 0, ["wild"] = wild[i % 5],
            };
            if (i % 4 != 0) fields["edge"] = ulong.MaxValue - (ulong)i;
            if (i % 5 != 0) fields["note"] = i % 10 == 1 ? "" : $"note {i % 7}";
            points.Add(new ModelPoint(
                tags, SegmentTests.Facts.Cell.Day.Range.StartNanoseconds + (i * 250_000_001L), fields));
        }

        return points;
    }

    private static string PathOf(string name, [CallerFilePath] string source = "") =>
        Path.Combine(Path.GetDirectoryName(source)!, name);
}
