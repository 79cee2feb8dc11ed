using System.Buffers.Binary;
using TsDb.Columnar;
using TsDb.Columnar.Parquet;
using TsDb.Model;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Fuzz;

/// <summary>
/// Segments: whole files, footers by themselves, and what lies in a page behind its compression.
/// </summary>
internal static class SegmentFuzz
{
    private const int ValuesMax = 700;

    public static IEnumerable<FuzzTarget> Targets =>
    [
        new("segment", Segments(), ReadSegment) { Weight = 8, AllocationBase = 16 << 20 },
        new("segment-footer", [.. Segments().Select(Footer)], bytes =>
            Orderly(() => FooterReader.Read(bytes)))
        {
            Weight = 4,
        },
        new("page-header", PageHeaders(), bytes => Orderly(() => PageHeader.Read(bytes, out _))),
        new("page-delta", Pages(DeltaBinaryPacked.Encode), bytes =>
            Values<long>(bytes, (source, values) => DeltaBinaryPacked.Decode(source, values))) { Weight = 2 },
        new("page-split", Pages(ByteStreamSplit.Encode), bytes =>
            Values<long>(bytes, (source, values) => ByteStreamSplit.Decode(source, values))),
        new("page-runs", Pages(WriteRuns), bytes => Values<int>(
            bytes, (source, values) => RleHybrid.Decode(source, bytes.Length % 34, values))) { Weight = 2 },
    ];

    private static void Orderly(Action decode)
    {
        try
        {
            decode();
        }
        catch (TsDbException error) when (error.Kind is ErrorKind.Corrupt or ErrorKind.Invalid)
        {
            Assert.True(error.Message.Length > 0);
        }
    }

    private static void ReadSegment(byte[] bytes) => Orderly(() =>
    {
        using SegmentReader reader = SegmentReader.Open(new MemoryStream(bytes));
        ModelBatches.Read(reader.Read().Batch);
        reader.Verify();
    });

    /// <summary>The first two bytes say how many values belong here; the page follows.</summary>
    private static void Values<T>(byte[] bytes, Decoder<T> decode) => Orderly(() =>
    {
        if (bytes.Length < 2) return;
        int count = BinaryPrimitives.ReadUInt16LittleEndian(bytes) % ValuesMax;
        decode(bytes.AsSpan(2), new T[count]);
    });

    private static byte[][] Segments()
    {
        (int Rows, SegmentOptions Options)[] shapes =
        [
            (3, new SegmentOptions()), (40, new SegmentOptions { RowGroupRowsMax = 15 }),
            (400, new SegmentOptions()),
        ];
        return [.. shapes.Select(shape =>
            SegmentTests.Write(KeyMerge.Merge(ModelBatches.Table, [Batch(shape.Rows)]), shape.Options))];
    }

    /// <summary>Columns of every type, and of every encoding that is chosen by the values.</summary>
    public static TableBatch Batch(int rows)
    {
        Random random = new(rows);
        long start = SegmentTests.Facts.Cell.Day.Range.StartNanoseconds;
        List<ModelPoint> points = [];
        for (int i = 0; i < rows; i++)
        {
            Dictionary<string, object> fields = new() { ["i"] = (long)i * i };
            if (i % 5 != 0)
            {
                fields["f"] = random.NextDouble();
                fields["dec"] = random.Next(10_000) / 100.0;
                fields["u"] = ulong.MaxValue - (ulong)i;
                fields["b"] = i % 3 == 0;
                fields["s"] = i % 2 == 0 ? "x" : $"text {i}";
            }

            Dictionary<string, string> tags = new() { ["host"] = $"h{i % 4}", ["ü"] = "日本" };
            points.Add(new ModelPoint(tags, start + (i * 1_000_000_000L), fields));
        }

        return ModelBatches.Build(points, GenPoints.Fields);
    }

    /// <summary>The footer of a file: its length stands before the last four bytes.</summary>
    private static byte[] Footer(byte[] file)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(file.Length - 8));
        return file[^(8 + length)..^8];
    }

    private static byte[][] PageHeaders() =>
        [.. Segments().Select(file => file[4..Math.Min(file.Length, 120)])];

    private static byte[][] Pages(Encoder encode)
    {
        Random random = new(3);
        long[][] columns =
        [
            [], [5], [.. Enumerable.Range(0, 300).Select(i => i * 1_000_000_000L)],
            [.. Enumerable.Range(0, 500).Select(_ => random.NextInt64())],
            [.. Enumerable.Range(0, 200).Select(i => (long)(i / 50))],
        ];
        return [.. columns.Select(column =>
        {
            ByteSink sink = new();
            encode(column, sink);
            byte[] count = new byte[2];
            BinaryPrimitives.WriteUInt16LittleEndian(count, (ushort)column.Length);
            return (byte[])[.. count, .. sink.Written.ToArray()];
        })];
    }

    private static void WriteRuns(ReadOnlySpan<long> values, ByteSink sink)
    {
        int[] indexes = [.. values.ToArray().Select(value => (int)(value & 0x7))];
        DictionaryPage.WriteIndexes(indexes, 8, sink);
    }

    private delegate void Decoder<T>(ReadOnlySpan<byte> source, Span<T> values);

    private delegate void Encoder(ReadOnlySpan<long> values, ByteSink sink);
}
