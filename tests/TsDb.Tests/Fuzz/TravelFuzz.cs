using TsDb.Columnar;
using TsDb.Columnar.Transfer;
using TsDb.Model;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Fuzz;

/// <summary>
/// Shipments as they travel: rows by themselves, rows in a bundle, both with and without an earlier shipment
/// that they refer to.
/// </summary>
internal static class TravelFuzz
{
    private static readonly byte[] Earlier = File(1, 8);

    // A few bytes may stand for a million rows, which the decoder bounds; their file takes some memory.
    private const long RowsBytesMax = 1L << 30;

    public static IEnumerable<FuzzTarget> Targets =>
    [
        new("row-form", Forms(), ReadForm) { Weight = 6, AllocationBase = RowsBytesMax },
        new("row-bundle", Bundles(), ReadBundle) { Weight = 6, AllocationBase = RowsBytesMax },
    ];

    private static void ReadForm(byte[] bytes)
    {
        if (bytes.Length == 0) return;
        Orderly(() => Whole(RowForm.Decode(bytes.AsMemory(1), ReferenceOf(bytes[0]), Facts(2))));
    }

    /// <summary>The first byte says how many segments there are and which of them have a reference.</summary>
    private static void ReadBundle(byte[] bytes)
    {
        if (bytes.Length == 0) return;
        Orderly(() =>
        {
            foreach (ReadOnlyMemory<byte> file in RowBundle.Decode(bytes.AsMemory(1), Segments(bytes[0])))
                Whole(file);
        });
    }

    /// <summary>What was written of rows is a segment, however odd the rows are.</summary>
    private static void Whole(ReadOnlyMemory<byte> file)
    {
        using SegmentReader reader = SegmentReader.Open(new MemoryStream(file.ToArray()));
        reader.Verify();
    }

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

    private static byte[][] Forms() =>
    [
        [0, .. RowForm.TryEncode(File(2, 12), default)!],
        [1, .. RowForm.TryEncode(File(2, 12), Earlier)!],
        [0, .. RowForm.TryEncode(File(2, 3), default)!],
    ];

    private static byte[][] Bundles() =>
    [
        .. new byte[] { 0b0000_0010, 0b0000_0011, 0b0001_0100 }.Select(shape => (byte[])
        [
            shape,
            .. RowBundle.TryEncode(
            [
                .. Segments(shape).Select((segment, i) =>
                    ((ReadOnlyMemory<byte>)File(i + 2, 2 + (4 * i)), segment.Reference)),
            ])!,
        ]),
    ];

    private static (SegmentFacts Facts, ReadOnlyMemory<byte> Reference)[] Segments(byte shape) =>
        [
            .. Enumerable.Range(0, shape & 0x07)
                .Select(i => (Facts(i + 2), ReferenceOf((shape >> (3 + i)) & 1))),
        ];

    private static ReadOnlyMemory<byte> ReferenceOf(int bit) => (bit & 1) == 1 ? Earlier : default;

    private static SegmentFacts Facts(long ordinal) => SegmentTests.Facts with
    {
        Ordinals = new OrdinalRange(new Ordinal(ordinal), new Ordinal(ordinal)),
    };

    private static byte[] File(long ordinal, int rows)
    {
        using MemoryStream file = new();
        SegmentWriter.Write(
            KeyMerge.Merge(ModelBatches.Table, [SegmentFuzz.Batch(rows)]), Facts(ordinal), file);
        return file.ToArray();
    }
}
