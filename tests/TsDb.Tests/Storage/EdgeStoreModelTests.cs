using TsDb.Columnar;
using TsDb.Model;
using TsDb.Storage;
using TsDb.Storage.Seal;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Storage;

/// <summary>
/// The store against a simple map: whatever is written, sealed and restarted, a reader sees the map.
/// </summary>
public sealed class EdgeStoreModelTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task A_reader_sees_what_a_map_would_hold(int seed)
    {
        StoreWorld world = new(seed) { Format = new ParquetFormat(SegmentOptions.Default) };
        List<ModelPoint> written = [];
        EdgeStore store = world.Open();
        for (int step = 0; step < 150; step++)
        {
            switch (world.Random.Next(12))
            {
                case 0:
                    await store.DisposeAsync();
                    world.Disk.Restart();
                    store = world.Open();
                    break;
                case 1:
                    Task flush = store.FlushAsync(CancellationToken.None);
                    store.RunUntilIdle();
                    await flush;
                    break;
                case 2:
                    world.Clock.Advance(TimeSpan.FromSeconds(world.Random.Next(40)));
                    store.RunUntilIdle();
                    break;
                default:
                    await WriteGroup(world, store, written);
                    break;
            }

            if (step % 5 == 0) Assert.Equal(StoreWorld.Expected(written), world.ReadAll(store));
        }

        Assert.Equal(StoreWorld.Expected(written), world.ReadAll(store));
        await store.DisposeAsync();
    }

    [Fact]
    public async Task A_seal_leaves_an_old_version_as_it_was_until_its_lease_ends()
    {
        StoreWorld world = new(1);
        await using EdgeStore store = world.Open();
        List<ModelPoint> first = world.RandomPoints(300);
        await Write(store, first);
        StoreLease lease = store.Acquire();
        await Flush(store);
        await Write(store, world.RandomPoints(300));
        await Flush(store);
        Assert.Equal(StoreWorld.Expected(first), world.ReadAll(lease.Version));
        lease.Dispose();
    }

    [Fact]
    public async Task What_is_sealed_is_cut_from_the_log()
    {
        StoreWorld world = new(1);
        await using EdgeStore store = world.Open();
        await Write(store, world.RandomPoints(300));
        Assert.NotEmpty(world.Disk.List("wal"));
        await Flush(store);
        Assert.Empty(world.Disk.List("wal"));
        Assert.Equal(0, store.Stats.LogBytes);
        Assert.Equal(0, store.Stats.BufferRows);
        Assert.Equal(0, store.Stats.BufferBytes);
    }

    [Fact]
    public async Task Many_small_requests_become_few_batches()
    {
        StoreWorld world = new(1);
        world.Options = world.Options with { SealBytes = 100 << 20 };
        await using EdgeStore store = world.Open();
        List<ModelPoint> written = [];
        for (int i = 0; i < 600; i++)
        {
            List<ModelPoint> one = world.RandomPoints(1);
            written.AddRange(one);
            await Write(store, one);
        }

        using StoreLease lease = store.Acquire();
        Assert.InRange(lease.Version.Find(ModelBatches.Table)!.Hot!.Batches.Count, 1, 30);
        Assert.Equal(StoreWorld.Expected(written), world.ReadAll(store));
    }

    [Fact]
    public async Task A_request_that_contradicts_a_commit_in_between_is_sent_back()
    {
        StoreWorld world = new(1);
        await using EdgeStore store = world.Open();
        SchemaCatalog before = store.Schemas;
        ModelPoint point = new(
            new Dictionary<string, string>(), 1, new Dictionary<string, object> { ["v"] = 1.5 });
        ModelPoint other = point with { Fields = new Dictionary<string, object> { ["v"] = 7L } };
        WriteRequest doubles = new([ModelBatches.Build([point], ("v", FieldType.Float64))], before);
        WriteRequest integers = new([ModelBatches.Build([other], ("v", FieldType.Int64))], before);
        Task<CommitOutcome> first = store.CommitAsync(doubles, CancellationToken.None);
        Task<CommitOutcome> second = store.CommitAsync(integers, CancellationToken.None);
        store.RunUntilIdle();
        Assert.Equal(CommitOutcome.Committed, await first);
        Assert.Equal(CommitOutcome.SchemaChanged, await second);
        Assert.Equal(FieldType.Float64, store.Schemas.Find(ModelBatches.Table)!.Find("v")!.Type);
        Assert.Equal(StoreWorld.Expected([point]), world.ReadAll(store));
    }

    [Fact]
    public async Task Another_edges_directory_is_refused()
    {
        StoreWorld world = new(1);
        world.Options = world.Options with { Id = new EdgeId("E1") };
        await world.Open().DisposeAsync();
        world.Options = world.Options with { Id = new EdgeId("E2") };
        TsDbException error = Assert.Throws<TsDbException>(world.Open);
        Assert.Equal(ErrorKind.Conflict, error.Kind);
        Assert.Contains("belongs to edge 'E1'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_incarnation_stays_with_the_directory()
    {
        StoreWorld world = new(1);
        EdgeStore store = world.Open();
        Incarnation made = store.Incarnation;
        await store.DisposeAsync();
        store = world.Open();
        Assert.Equal(made, store.Incarnation);
        Incarnation renewed = store.RenewIncarnation();
        await store.DisposeAsync();
        world.Disk.Restart();
        Assert.NotEqual(made, renewed);
        Assert.Equal(renewed, world.Open().Incarnation);
    }

    private static async Task Flush(EdgeStore store)
    {
        Task flush = store.FlushAsync(CancellationToken.None);
        store.RunUntilIdle();
        await flush;
    }

    private static async Task Write(EdgeStore store, List<ModelPoint> points)
    {
        Task<CommitOutcome> commit = store.CommitAsync(
            StoreWorld.Request(store, points), CancellationToken.None);
        store.RunUntilIdle();
        Assert.Equal(CommitOutcome.Committed, await commit);
    }

    private static async Task WriteGroup(StoreWorld world, EdgeStore store, List<ModelPoint> written)
    {
        List<Task<CommitOutcome>> commits = [];
        for (int request = world.Random.Next(1, 5); request > 0; request--)
        {
            List<ModelPoint> points = world.RandomPoints(
                world.Random.Next(8) == 0 ? 400 : world.Random.Next(1, 12));
            written.AddRange(points);
            commits.Add(store.CommitAsync(StoreWorld.Request(store, points), CancellationToken.None));
        }

        store.RunUntilIdle();
        foreach (Task<CommitOutcome> commit in commits) Assert.Equal(CommitOutcome.Committed, await commit);
    }
}
