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
        Assert.Equal(1, RowForm.Version);
        Assert.Equal(
            ("031f9738ffc15902", "ba942e93efd5dc76"),
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
