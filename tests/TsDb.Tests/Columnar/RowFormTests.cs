using CsCheck;
using TsDb.Columnar;
using TsDb.Columnar.Transfer;
using TsDb.Model;

namespace TsDb.Tests.Columnar;

/// <summary>A segment that travelled as rows is the same segment, byte for byte.</summary>
public sealed class RowFormTests
{
    private const long Second = 1_000_000_000;
    private static readonly Day Day = new(17_000);
    private static readonly Cell Cell = new(ModelBatches.Table, new EdgeId("E1"), Day);

    private static readonly double[] OddDoubles =
    [
        0.0, -0.0, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon,
            -double.Epsilon,
        9007199254740992, 9007199254740991, 9007199254740994, -9007199254740993, 0.1, 1e300, -1e-300, 21.37,
    ];

    private static readonly (string, FieldType)[] Fields =
    [
        ("f", FieldType.Float64), ("d", FieldType.Float64), ("i", FieldType.Int64), ("u", FieldType.UInt64),
        ("b", FieldType.Boolean), ("s", FieldType.String),
    ];

    [Fact]
    public void Random_segments_come_back_byte_for_byte_with_and_without_a_reference() =>
        Gen.Select(Gen.Int, Gen.Int[1, 200], Gen.Int[1, 8],
            Gen.Int[0, 5]).Sample((seed, rows, series, gaps) =>
        {
            Random random = new(seed);
            byte[] first = File(1, Points(random, rows, series, gaps));
            byte[] second = File(2, Points(random, rows, series + random.Next(2), gaps));
            AssertTravels(first, [], 1);
            AssertTravels(second, first, 2);
        }, iter: 150);

    [Fact]
    public void Random_bundles_come_back_byte_for_byte() =>
        Gen.Select(Gen.Int, Gen.Int[1, 80], Gen.Int[1, 6], Gen.Int[0, 5]).Sample((seed, rows, series, gaps) =>
        {
            Random random = new(seed);
            byte[] earlier = File(1, Points(random, rows, series, gaps));
            byte[][] files =
            [
                .. Enumerable.Range(2, random.Next(1, 6))
                    .Select(n => File(n, Points(random, 1 + random.Next(rows), series, gaps))),
            ];
            ReadOnlyMemory<byte>[] references =
                [.. files.Select(_ => random.Next(3) == 0 ? earlier : ReadOnlyMemory<byte>.Empty)];
            byte[]? form = RowBundle.TryEncode(
                [.. files.Select((file, i) => ((ReadOnlyMemory<byte>)file, references[i]))]);
            Assert.NotNull(form);
            IReadOnlyList<ReadOnlyMemory<byte>> back =
                RowBundle.Decode(form, [.. references.Select((earlier, i) => (Facts(i + 2), earlier))]);
            for (int i = 0; i < files.Length; i++) Assert.Equal(files[i], back[i].ToArray());
        }, iter: 100);

    [Fact]
    public void Days_of_one_table_cost_less_together_than_apart()
    {
        Random random = new(8);
        List<byte[]> files = [];
        for (int n = 1; n <= 8; n++)
        {
            List<ModelPoint> points = [];
            for (int i = 0; i < 60; i++)
            {
                Dictionary<string, object> fields = new() { ["f"] = Math.Round(random.NextDouble() * 30, 2) };
                points.Add(Point("a long name of a sensor", i * 60, fields));
            }

            files.Add(File(n, points, [("f", FieldType.Float64)]));
        }

        int apart = files.Sum(file => RowForm.TryEncode(file, default)!.Length);
        int together = RowBundle.TryEncode(
            [.. files.Select(file => ((ReadOnlyMemory<byte>)file, ReadOnlyMemory<byte>.Empty))])!.Length;
        Assert.True(together * 4 < apart * 3, $"{together} together, {apart} apart");
    }

    [Fact]
    public void Sums_of_decimals_cost_hardly_more_than_decimals()
    {
        // 0.1 + 0.2 is 0.30000000000000004: a decimal and one unit in the last place.
        Random random = new(9);
        int LengthOf(Func<double, double> make)
        {
            List<ModelPoint> points = [.. Enumerable.Range(0, 400).Select(i => Point(
                "h", i, new() { ["f"] = make(Math.Round(random.NextDouble() * 90, 3)) }))];
            byte[] file = File(1, points, [("f", FieldType.Float64)]);
            AssertTravels(file, [], 1);
            return RowForm.TryEncode(file, default)!.Length;
        }

        int exact = LengthOf(value => value);
        int sums = LengthOf(value => BitConverter.Int64BitsToDouble(
            BitConverter.DoubleToInt64Bits(value) + random.Next(-1, 2)));
        Assert.InRange(sums, exact, exact + 150);
    }

    [Fact]
    public void A_reference_makes_small_segments_smaller_than_a_byte_a_value()
    {
        Random random = new(1);
        double[] walk = [.. Enumerable.Range(0, 1_000).Select(_ => random.NextDouble() * 100)];
        byte[] before = [];
        long bytes = 0;
        const int Segments = 20;
        for (int n = 1; n <= Segments; n++)
        {
            List<ModelPoint> points = [];
            for (int host = 0; host < 100; host++)
            {
                Dictionary<string, object> fields = [];
                for (int f = 0; f < 10; f++)
                {
                    ref double value = ref walk[(host * 10) + f];
                    value = Math.Clamp(value + (random.NextDouble() * 4) - 2, 0, 100);
                    fields[$"f{f}"] = (long)value;
                }

                points.Add(Point($"host_{host}", n * 10, fields));
            }

            byte[] file =
                File(n, points, [.. Enumerable.Range(0, 10).Select(f => ($"f{f}", FieldType.Int64))]);
            byte[]? form = RowForm.TryEncode(file, before);
            Assert.NotNull(form);
            if (n > 1) bytes += form.Length;
            before = file;
        }

        // A thousand values each; the file itself has more than five bytes a value, its footer above all.
        Assert.InRange(bytes / (double)(Segments - 1), 1, 420);
    }

    [Fact]
    public void Damaged_forms_and_wrong_references_are_refused_or_give_other_bytes_and_nothing_else_happens()
    {
        Random random = new(5);
        byte[] first = File(1, Points(random, 60, 4, 3));
        byte[] second = File(2, Points(random, 60, 4, 3));
        byte[] form = RowForm.TryEncode(second, first)!;
        Gen.Select(Gen.Int[0, form.Length - 1], Gen.Byte, Gen.Bool, Gen.Int[0, form.Length]).Sample(
            (at, value, withReference, length) =>
            {
                byte[] damaged = [.. form.AsSpan(0, withReference ? form.Length : length)];
                if (at < damaged.Length) damaged[at] = value;
                try
                {
                    RowForm.Decode(damaged, withReference
                        ? first : File(1, Points(random, 9, 2, 1)), Facts(2));
                }
                catch (TsDbException e)
                {
                    Assert.True(e.Kind is ErrorKind.Corrupt or ErrorKind.Invalid, $"{e}");
                }
            }, iter: 500);
    }

    [Fact]
    public void Files_of_other_options_travel_with_those_options()
    {
        byte[] file = File(
            1, Points(new Random(3), 150, 3, 2), options: new SegmentOptions { ZstdLevel =
                9, RowGroupRowsMax = 40 });
        SegmentOptions options = new() { ZstdLevel = 9, RowGroupRowsMax = 40 };
        byte[]? form = RowForm.TryEncode(file, default, options);
        Assert.NotNull(form);
        Assert.Equal(file, RowForm.Decode(form, default, Facts(1)).ToArray());
        Assert.Null(RowForm.TryEncode(file, default));
    }

    [Fact]
    public void The_form_of_these_rows_stays_as_it_is_while_the_version_does()
    {
        byte[] file = File(1, Points(new Random(11), 100, 5, 3));
        byte[] form = RowForm.TryEncode(file, default)!;

        // A change of either means that nodes of two versions cannot talk in rows: raise RowForm.Version.
        Assert.Equal(2, RowForm.Version);
        Assert.Equal(
            ("031f9738ffc15902", "bacdce80d6000e3c"),
                ($"{ContentHash.Of(file)}"[..16], $"{ContentHash.Of(form)}"[..16]));
    }

    private static void AssertTravels(byte[] file, byte[] reference, long ordinal)
    {
        byte[]? form = RowForm.TryEncode(file, reference);
        Assert.NotNull(form);
        Assert.Equal(file, RowForm.Decode(form, reference, Facts(ordinal)).ToArray());
    }

    private static List<ModelPoint> Points(Random random, int rows, int series, int gaps)
    {
        List<ModelPoint> points = [];
        string[] names = [.. Enumerable.Range(0, series).Select(_ => $"h{random.Next(20)}é")];
        for (int row = 0; row < rows; row++)
        {
            Dictionary<string, object> fields = new() { ["i"] = random.NextInt64() >> random.Next(64) };
            if (random.Next(6) >= gaps) fields["f"] = OddDoubles[random.Next(OddDoubles.Length)];
            if (random.Next(6) >= gaps) fields["d"] = Math.Round(random.NextDouble() * 1e4, 2);
            if (random.Next(6) >= gaps) fields["u"] = (ulong)random.NextInt64() << random.Next(2);
            if (random.Next(6) >= gaps) fields["b"] = random.Next(2) == 0;
            if (random.Next(6) >= gaps) fields["s"] = random.Next(3) == 0 ? "" : $"text {random.Next(50)}";
            long time = random.Next(4) == 0 ? random.Next(86_000) : row * 7;
            points.Add(Point(names[random.Next(names.Length)], time, fields, random.Next(5) == 0 ? "r" : ""));
        }

        return points;
    }

    private static ModelPoint Point(
        string host, long second, Dictionary<string, object> fields, string rack = "")
    {
        Dictionary<string, string> tags = new() { ["host"] = host };
        if (rack.Length > 0) tags["rack"] = rack;
        return new ModelPoint(tags, Day.Range.StartNanoseconds + (second * Second), fields);
    }

    private static SegmentFacts Facts(long ordinal) => new(
        Cell, new Incarnation(new Guid(1, 0, 0, new byte[8])),
        new OrdinalRange(new Ordinal(ordinal), new Ordinal(ordinal)));

    private static byte[] File(
        long ordinal, IEnumerable<ModelPoint> points, (string, FieldType)[]? fields = null,
        SegmentOptions? options = null)
    {
        TableBatch batch = ModelBatches.Build([.. points], fields ?? Fields);
        using MemoryStream file = new();
        SegmentWriter.Write(KeyMerge.Merge(ModelBatches.Table, [batch]), Facts(ordinal), file, options);
        return file.ToArray();
    }
}
