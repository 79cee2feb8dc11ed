using TsDb.Columnar;
using TsDb.Columnar.Building;
using TsDb.Model;
using TsDb.Replication.Receiving;

namespace TsDb.Load.Cluster;

/// <summary>Segments that compress poorly, made without an edge: random doubles, a row each ms.</summary>
internal sealed class RandomLeaves(IReadOnlyList<(EdgeId Edge, Incarnation Incarnation)> edges, int rows)
{
    /// <summary>Days that the segments lie on.</summary>
    public const int DayCount = 10;

    /// <summary>The first of these days.</summary>
    public const int DayFirst = 19_000;

    private const int FieldCount = 4;
    private const long RowNanoseconds = 1_000_000;

    private readonly Random _chance = new(1);

    /// <summary>The table they belong to.</summary>
    public static TableId Table { get; } = new("default", "bench");

    /// <summary>The segment of that number, from 0; edges and days take turns.</summary>
    public VerifiedLeaf Make(int number)
    {
        (EdgeId edge, Incarnation incarnation) = edges[number % edges.Count];
        Day day = new(DayFirst + (number / edges.Count % DayCount));
        Ordinal ordinal = new(1 + (number / edges.Count / DayCount));
        using TableBatchBuilder builder = new(Table, hashSeed: 1);
        int host = builder.AddTag("host");
        for (int i = 0; i < FieldCount; i++) builder.AddField($"f{i}", FieldType.Float64);
        builder.BeginSeries();
        builder.SetTag(host, "h1"u8);
        int series = builder.EndSeries();
        long start = day.Range.StartNanoseconds + ((ordinal.Value - 1) * rows * RowNanoseconds);
        Span<long> values = stackalloc long[FieldCount];
        for (int row = 0; row < rows; row++)
        {
            foreach (ref long value in values)
                value = BitConverter.DoubleToInt64Bits(_chance.NextDouble());
            builder.SetFirst(values);
            builder.EndRow(series, start + (row * RowNanoseconds));
        }

        Cell cell = new(Table, edge, day);
        OrdinalRange ordinals = new(ordinal, ordinal);
        using MemoryStream file = new();
        SegmentManifest manifest = SegmentWriter.Write(
            KeyMerge.Merge(Table, [builder.Build()]), new SegmentFacts(cell, incarnation, ordinals), file);
        byte[] bytes = file.ToArray();
        return new VerifiedLeaf(new Leaf(cell, incarnation, ordinal, ContentHash.Of(bytes)), manifest, bytes);
    }
}
