using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Simulation.Disk;
using TsDb.Storage;
using TsDb.Storage.Ports;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Storage;

/// <summary>A store without threads on a faulty disk, and what a reader of it would see.</summary>
public sealed class StoreWorld
{
    private static readonly (
        string Name, FieldType Type)[] Fields = [("f", FieldType.Float64), ("i", FieldType.Int64)];

    private readonly Random _random;

    public StoreWorld(int seed, EdgeStoreOptions? options = null)
        : this(seed, new FaultyDisk(seed), options)
    {
    }

    public StoreWorld(int seed, FaultyDisk disk, EdgeStoreOptions? options = null)
    {
        _random = new Random(seed);
        Disk = disk;
        Options = options ?? new EdgeStoreOptions
        {
            SealBytes = 20_000, SealAge = TimeSpan.FromSeconds(
                30), LogFileBytes = 8_000, DiskReserveBytes = 1_000,
        };
    }

    public FaultyDisk Disk { get; }

    public FakeTimeProvider Clock { get; } = new();

    public EdgeStoreOptions Options { get; set; }

    public ISegmentFormat Format { get; init; } = new IpcFormat();

    public Random Random => _random;

    public EdgeStore Open() => EdgeStore.Open(
        Disk,
        Options,
        new StoreEnvironment(Clock, NewId, NullLoggerFactory.Instance) { HasOwnThreads = false },
        Format);

    public Guid NewId()
    {
        byte[] bytes = new byte[16];
        _random.NextBytes(bytes);
        return new Guid(bytes);
    }

    /// <summary>Points that often rewrite each other, of few series, on two days, some late.</summary>
    public List<ModelPoint> RandomPoints(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => RandomPoint())];

    public static TableBatch Batch(IReadOnlyList<ModelPoint> points) => ModelBatches.Build(points, Fields);

    public static WriteRequest Request(EdgeStore store, IReadOnlyList<ModelPoint> points) =>
        new([Batch(points)], store.Schemas);

    /// <summary>Everything that a reader of the table sees, merged by key, one line a point.</summary>
    public string ReadAll(EdgeStore store)
    {
        using StoreLease lease = store.Acquire();
        return ReadAll(lease.Version);
    }

    public string ReadAll(StoreVersion version)
    {
        if (version.Find(ModelBatches.Table) is not { } table) return "";
        List<TableBatch> inputs = [];
        foreach (SegmentRef segment in table.Segments.OrderBy(segment => segment.Rank))
            inputs.AddRange(ReadSegment(segment));
        if (table.Hot is { } hot)
        {
            if (hot.KeysAreUnique) AssertUnique(hot.Batches);
            inputs.AddRange(hot.Batches);
        }

        return Text(ModelBatches.Read(KeyMerge.Merge(ModelBatches.Table, inputs).Batch));
    }

    /// <summary>The same for points written in this order to a simple map.</summary>
    public static string Expected(IEnumerable<ModelPoint> written)
    {
        Dictionary<string, ModelPoint> points = [];
        foreach (ModelPoint point in written)
        {
            Dictionary<string, object> fields = points.TryGetValue(point.Key, out ModelPoint? known)
                ? new Dictionary<string, object>(known.Fields)
                : [];
            foreach ((string name, object value) in point.Fields) fields[name] = value;
            points[point.Key] = point with { Fields = fields };
        }

        return Text(points.Values);
    }

    public byte[] ReadFile(string path)
    {
        using IDiskFile file = Disk.Open(path);
        byte[] bytes = new byte[file.BytesLength];
        file.ReadAt(0, bytes);
        return bytes;
    }

    private IReadOnlyList<TableBatch> ReadSegment(SegmentRef segment)
    {
        byte[] bytes = ReadFile(segment.Path[Disk.FullPath("").Length..]);
        if (Format is IpcFormat) return BatchCodec.Decode(bytes);
        using SegmentReader reader = SegmentReader.Open(new MemoryStream(bytes), segment.Path);
        reader.Verify();
        return [reader.Read().Batch];
    }

    private static string Text(IEnumerable<ModelPoint> points) =>
        ModelBatches.Text(points.OrderBy(point => point.Key, StringComparer.Ordinal));

    private static void AssertUnique(IEnumerable<TableBatch> batches)
    {
        string[] keys = [.. batches.SelectMany(ModelBatches.Read).Select(point => point.Key)];
        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    private ModelPoint RandomPoint()
    {
        Dictionary<string, string> tags = [];
        if (_random.Next(4) > 0) tags["host"] = "h" + _random.Next(3);
        if (_random.Next(3) == 0) tags["region"] = "r" + _random.Next(2);
        long time = ((Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100) - (_random.Next(4) == 0
            ? _random.NextInt64(2 * Day.NanosecondsLength)
            : _random.Next(3));
        Dictionary<string, object> fields = [];
        if (_random.Next(3) > 0) fields["f"] = _random.Next(1000) / 10.0;
        if (fields.Count == 0 || _random.Next(3) > 0) fields["i"] = _random.NextInt64();
        return new ModelPoint(tags, time, fields);
    }
}
