using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Receiving;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Replication.Receiving;

/// <summary>Real segment files as edges would cut them, and clusters to send them to.</summary>
public static class Shipments
{
    public static readonly EdgeId Edge = new("E1");

    public static readonly Incarnation First = new(new Guid("00000000-0000-0000-0000-000000000001"));

    public static readonly Incarnation Second = new(new Guid("00000000-0000-0000-0000-000000000002"));

    public static readonly ClusterId Cluster = new(new Guid("c0000000-0000-0000-0000-000000000001"));

    public static Cell Cell(int day = 17_000, EdgeId? edge = null) =>
        new(ModelBatches.Table, edge ?? Edge, new Day(day));

    public static VerifiedLeaf Make(
        long ordinal, int rows = 20, int seed = 0, Cell? cell = null, Incarnation? incarnation = null)
    {
        cell ??= Cell();
        Random random = new(HashCode.Combine(seed, ordinal));
        long start = cell.Day.Range.StartNanoseconds;
        ModelPoint[] points =
        [
            .. Enumerable.Range(0, rows).Select(i => new ModelPoint(
                new Dictionary<string, string> { ["host"] = $"h{i % 3}" },
                start + (((ordinal * rows) + i) * 1_000_000_000L),
                new Dictionary<string, object> { ["f"] = random.NextDouble(), ["i"] = random.NextInt64() })),
        ];
        TableBatch batch = ModelBatches.Build(points, ("f", FieldType.Float64), ("i", FieldType.Int64));
        SortedRun run = KeyMerge.Merge(ModelBatches.Table, [batch]);
        OrdinalRange ordinals = new(new Ordinal(ordinal), new Ordinal(ordinal));
        using MemoryStream file = new();
        SegmentManifest manifest = SegmentWriter.Write(
            run, new SegmentFacts(cell, incarnation ?? First, ordinals), file, new SegmentOptions());
        byte[] bytes = file.ToArray();
        Leaf leaf = new(cell, incarnation ?? First, ordinals.First, ContentHash.Of(bytes));
        return new VerifiedLeaf(leaf, manifest, bytes);
    }

    public static ClusterConfiguration Founded(int nodes, int replication, int quorum = 0) => new()
    {
        Id = Cluster,
        Epoch = new Epoch(1),
        Members = [.. Enumerable.Range(1, nodes).Select(number => Member(number))],
        ShardCount = 4,
        ReplicationFactor = replication,
        WriteQuorumAsked = quorum,
        Edges = ImmutableSortedDictionary<EdgeId, EdgeRegistration>.Empty,
        Databases = ImmutableSortedDictionary<string, DatabaseSettings>.Empty,
    };

    public static NodeId Node(int number) => new($"C{number}");

    public static Member Member(int number) => new()
    {
        Id = Node(number),
        DirectoryId = new Guid(number, 0, 0, new byte[8]),
        HttpAddress = "",
        FlightAddress = "",
        ClusterAddress = "",
        BrokerAddress = "",
    };
}
