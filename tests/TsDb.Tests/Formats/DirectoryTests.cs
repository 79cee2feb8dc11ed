using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Receiving;
using TsDb.Simulation.Disk;
using TsDb.Storage;
using TsDb.Storage.Catalog;
using TsDb.Storage.Databases;
using TsDb.Storage.Erasure;
using TsDb.Storage.Identity;
using TsDb.Storage.Seal;
using TsDb.Storage.Shipping;
using TsDb.Storage.Wal;
using TsDb.Tests.Columnar;
using TsDb.Tests.Replication.Receiving;
using TsDb.Tests.Storage;

namespace TsDb.Tests.Formats;

/// <summary>
/// Whole data directories: those of earlier programs are opened and everything is there, those of a newer one
/// are refused, and whoever can read them finds all that was there.
/// </summary>
public sealed class DirectoryTests
{
    private static readonly ModelPoint[] Sealed = [Point("a", 1, 1.5), Point("b", 2, -0.0), Point("a", 3, 7)];
    private static readonly ModelPoint[] Logged = [Point("å", 4, 2.25), Point("a", 1, 9)];

    /// <summary>What a newer program may have left in an edge's directory: in which file, and
    /// how.</summary>
    public static TheoryData<string, string> NewerAtEdges => new()
    {
        { NodeFile.Name, "\"version\":1>\"version\":2" },
        { DatabaseBook.FileName, "\"version\":1>\"version\":2" },
        { TombstoneBook.FileName, "\"version\":1>\"version\":3" },
        { "catalog/", "TSDBREC1>TSDBREC2" },
        { "wal/", "frame" },
    };

    [Fact]
    public async Task An_edges_directory_of_the_first_version_is_opened_whole()
    {
        StoreWorld world = World(await GoldenAsync("edge-v1", EdgeDirectoryAsync));
        EdgeStore store = world.Open();
        Assert.Equal(StoreWorld.Expected([.. Sealed, .. Logged]), world.ReadAll(store));
        LedgerLeaf leaf = Assert.Single(store.Catalog.Ledger.Values);
        Assert.Equal((new Ordinal(1), new Epoch(3)), (leaf.Leaf.Ordinal, leaf.DurableAt));
        Assert.Equal(["plant"], store.Databases.All.Select(database => database.Name));
        Assert.Equal(2, store.Tombstones.Erasures.Number);
        Assert.Equal(Shipments.Cluster, ClusterPin.Read(world.Disk));
        await store.DisposeAsync();
    }

    [Fact]
    public async Task A_cloud_nodes_directory_of_the_first_version_is_opened_whole()
    {
        FaultyDisk disk = new(1);
        disk.PutBack(await GoldenAsync("cloud-v1", () => Task.FromResult(CloudDirectory())));
        Assert.Equal("C1", CloudIdentity.LoadOrCreate(disk, null, new NodeId("other"), NewId).Id.Value);
        using ReplicaStore store = Open(disk);
        Assert.True(store.IsCatalogIntact);
        Assert.Equal(new Epoch(4), store.WholeSince(new ShardId(3)));
        Assert.Equal(2, store.Current.LeafCount);
        foreach (Leaf leaf in store.Current.Files.SelectMany(file => file.Leaves))
        {
            ReadOnlyMemory<byte> bytes = store.Read(leaf, 0, int.MaxValue).Bytes;
            Assert.Equal(leaf.Hash, ContentHash.Of(bytes.Span));
            using SegmentReader reader = SegmentReader.Open(new MemoryStream(bytes.ToArray()));
            reader.Verify();
            Assert.Equal((20L, leaf.Ordinal), (reader.Manifest.Rows, reader.Manifest.Ordinals.First));
        }
    }

    [Theory]
    [MemberData(nameof(NewerAtEdges))]
    public async Task An_edges_directory_of_a_newer_program_is_refused_and_loses_nothing(
        string file, string change)
    {
        IReadOnlyDictionary<string, byte[]> files = await EdgeDirectoryAsync();
        Dictionary<string, byte[]> newer = Newer(files, file, change);
        StoreWorld world = World(newer);
        AssertRefused(() => world.Open());
        if (change == "frame") AssertRefused(() => new LogSalvage(world.Disk, world.NewId).Run());
        Dictionary<string, byte[]> after = new(world.Disk.Backup());
        foreach ((string path, byte[] bytes) in newer)
        {
            // A catalog that could be read is begun anew at each start, in a file of its own.
            if (path.StartsWith("catalog/", StringComparison.Ordinal) && file != "catalog/") continue;
            Assert.Equal(bytes, after[path]);
            after[path] = files[path];
        }

        world.Disk.PutBack(after);
        EdgeStore store = world.Open();
        Assert.Equal(StoreWorld.Expected([.. Sealed, .. Logged]), world.ReadAll(store));
        Assert.Single(store.Catalog.Ledger);
        await store.DisposeAsync();
    }

    [Fact]
    public void A_cloud_nodes_catalog_of_a_newer_program_is_refused_and_left_as_it_was()
    {
        Dictionary<string, byte[]> newer = Newer(CloudDirectory(), "catalog/", "TSDBREC1>TSDBREC2");
        FaultyDisk disk = new(1);
        disk.PutBack(newer);
        AssertRefused(() => Open(disk));
        AssertSame(newer, disk.Backup());
        disk.PutBack(CloudDirectory());
        using (ReplicaStore store = Open(disk)) Assert.Equal(2, store.Current.LeafCount);
        string catalog = disk.List(ReplicaStore.CatalogFolder).Single();
        Dictionary<string, byte[]> unknown = new(disk.Backup());
        unknown[catalog] = TsDb.Storage.Records.RecordLog.Image(NewId(), [WireFormats.UnknownField]);
        disk.PutBack(unknown);
        AssertRefused(() => Open(disk));
        AssertSame(unknown, disk.Backup());
    }

    private static void AssertRefused(Action open)
    {
        TsDbException error = Assert.Throws<TsDbException>(open);
        Assert.Equal(ErrorKind.Invalid, error.Kind);
        Assert.Contains("start a newer one", error.Message, StringComparison.Ordinal);
    }

    private static void AssertSame(
        IReadOnlyDictionary<string, byte[]> before, IReadOnlyDictionary<string, byte[]> after)
    {
        Assert.Equal(before.Keys.Order(StringComparer.Ordinal), after.Keys.Order(StringComparer.Ordinal));
        foreach ((string path, byte[] bytes) in before) Assert.Equal(bytes, after[path]);
    }

    private static ModelPoint Point(string host, long time, double value) => new(
        new Dictionary<string, string> { ["host"] = host },
        time,
        new Dictionary<string, object> { ["f"] = value, ["i"] = time * 10 });

    private static StoreWorld World(IReadOnlyDictionary<string, byte[]> files)
    {
        StoreWorld world = new(5) { Format = new ParquetFormat(SegmentOptions.Default) };
        world.Disk.PutBack(files);
        return world;
    }

    private static async Task<IReadOnlyDictionary<string, byte[]>> EdgeDirectoryAsync()
    {
        StoreWorld world = World(new Dictionary<string, byte[]>());
        EdgeStore store = world.Open();
        await CommitAsync(store, Sealed);
        Task flushed = store.FlushAsync(CancellationToken.None);
        store.RunUntilIdle();
        await flushed;
        DateTimeOffset now = world.Clock.GetUtcNow();
        Cutter cutter = new(
            store, world.Disk, new SegmentMerger(world.Disk), new CutLimits(), NullLoggerFactory.Instance,
            now);
        Assert.NotEmpty(cutter.CutDue(now));
        LedgerLeaf leaf = Assert.Single(store.Catalog.Ledger.Values);
        store.ChangeCatalog(_ => new LeafDurable(leaf.Leaf, new Epoch(3)));
        store.Databases.Take(4, [DatabaseSettings.Of("plant")]);
        store.Tombstones.Take(
            Erasures.None.With(new TableId("db", "gone"), [new TagCondition("host", ["a"])], 7).Lift(1));
        ClusterPin.Write(world.Disk, Shipments.Cluster);
        await CommitAsync(store, Logged);
        await store.DisposeAsync();
        return world.Disk.Backup();
    }

    private static async Task CommitAsync(EdgeStore store, ModelPoint[] points)
    {
        Task<CommitOutcome> committed =
            store.CommitAsync(StoreWorld.Request(store, points), CancellationToken.None);
        store.RunUntilIdle();
        Assert.Equal(CommitOutcome.Committed, await committed);
    }

    private static IReadOnlyDictionary<string, byte[]> CloudDirectory()
    {
        FaultyDisk disk = new(1);
        CloudIdentity.LoadOrCreate(disk, new NodeId("C1"), new NodeId("other"), NewId);
        using ReplicaStore store = Open(disk);
        Assert.Equal(
            [ReceiveOutcome.Stored, ReceiveOutcome.Stored],
            store.Store([Shipments.Make(1), Shipments.Make(2)]));
        store.MarkWhole(new Epoch(4), [new ShardId(3)]);
        return disk.Backup();
    }

    private static ReplicaStore Open(FaultyDisk disk) =>
        ReplicaStore.Open(disk, NewId, new ReplicaStoreOptions(), NullLogger.Instance);

    private static Guid NewId() => new(7, 7, 7, new byte[8]);

    /// <summary>The first file under a path with one text in the place of another, or with its first
    /// frame said in a newer version.</summary>
    private static Dictionary<string, byte[]> Newer(
        IReadOnlyDictionary<string, byte[]> files, string file, string change)
    {
        Dictionary<string, byte[]> newer = new(files);
        string path = newer.Keys.Order(StringComparer.Ordinal)
            .First(name => name.StartsWith(file, StringComparison.Ordinal) && newer[name].Length > 0);
        if (change == "frame")
        {
            newer[path] = DiskFormats.InVersion(newer[path], 2);
            return newer;
        }

        string[] texts = change.Split('>');
        byte[] bytes = [.. newer[path]];
        int at = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(texts[0]));
        Assert.True(at >= 0, $"{path} has no {texts[0]}");
        Encoding.UTF8.GetBytes(texts[1]).CopyTo(bytes, at);
        newer[path] = bytes;
        return newer;
    }

    /// <summary>The files of a golden directory; written first if it is not there and that is asked
    /// for.</summary>
    private static async Task<IReadOnlyDictionary<string, byte[]>> GoldenAsync(
        string name, Func<Task<IReadOnlyDictionary<string, byte[]>>> make)
    {
        string root = FormatTests.PathOf(name);
        if (!Directory.Exists(root) && Environment.GetEnvironmentVariable("TSDB_GOLDEN") == "write")
        {
            foreach ((string path, byte[] bytes) in await make())
            {
                string file = Path.Combine(root, path);
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                await File.WriteAllBytesAsync(file, bytes);
            }
        }

        return Directory.GetFiles(root, "*", SearchOption.AllDirectories).ToDictionary(
            file => Path.GetRelativePath(root, file).Replace(Path.DirectorySeparatorChar, '/'),
            File.ReadAllBytes,
            StringComparer.Ordinal);
    }
}
