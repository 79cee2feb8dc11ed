using Apache.Arrow;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Storage;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Storage;

public sealed class EdgeStorePoisonTests
{
    [Fact]
    public async Task A_batch_that_cannot_be_merged_is_refused_alone()
    {
        StoreWorld world = new(1);
        await using EdgeStore store = world.Open();
        List<ModelPoint> good = world.RandomPoints(4);
        Task<CommitOutcome> first = Commit(store, StoreWorld.Batch(good));
        Task<CommitOutcome> broken = Commit(store, WithSeriesOutOfRange());
        Task<CommitOutcome> last = Commit(store, StoreWorld.Batch(good));
        store.RunUntilIdle();
        Assert.Equal(CommitOutcome.Committed, await first);
        Assert.Equal(CommitOutcome.Committed, await last);
        Assert.Equal(ErrorKind.Invalid, (await Assert.ThrowsAsync<TsDbException>(() => broken)).Kind);
        Assert.False(store.Fault.IsCompleted);
        Assert.Equal(0, store.Stats.BufferBytes - StoredBytes(store));
    }

    [Fact]
    public async Task Too_many_cells_at_once_wait_for_a_seal()
    {
        StoreWorld world = new(1);
        world.Options = world.Options with { SealCells = 2, SealBytes = 1 << 30 };
        await using EdgeStore store = world.Open();
        List<ModelPoint> days = [.. Enumerable.Range(0, 9).Select(day => new ModelPoint(
            new Dictionary<string, string>(),
            day * Day.NanosecondsLength,
            new Dictionary<string, object> { ["f"] = 1.0 }))];
        Task<CommitOutcome> many = Commit(store, StoreWorld.Batch(days));
        store.RunUntilIdle();
        Assert.Equal(CommitOutcome.Committed, await many);
        Assert.Equal(9, store.Stats.SegmentCount);
        Task<CommitOutcome> next = Commit(store, StoreWorld.Batch(days));
        store.RunUntilIdle();
        Assert.Equal(CommitOutcome.Committed, await next);
    }

    [Fact]
    public async Task A_missing_segment_is_set_aside_and_back_when_its_file_is()
    {
        StoreWorld world = new(1);
        EdgeStore store = world.Open();
        for (int i = 0; i < 2; i++)
        {
            Task<CommitOutcome> commit = Commit(store, StoreWorld.Batch(world.RandomPoints(6)));
            store.RunUntilIdle();
            await commit;
            Task flush = store.FlushAsync(CancellationToken.None);
            store.RunUntilIdle();
            await flush;
        }

        string whole = world.ReadAll(store);
        string lost = store.Catalog.Segments.Keys.First();
        await store.DisposeAsync();
        IReadOnlyDictionary<string, byte[]> before = world.Disk.Backup();
        world.Disk.Delete(lost);
        store = world.Open();
        Assert.Equal([lost], store.SetAside);
        Assert.NotEqual(whole, world.ReadAll(store));
        Task<CommitOutcome> next = Commit(store, StoreWorld.Batch(world.RandomPoints(1)));
        store.RunUntilIdle();
        Assert.Equal(CommitOutcome.Committed, await next);
        await store.DisposeAsync();
        world.Disk.PutBack(before);
        store = world.Open();
        Assert.Empty(store.SetAside);
        Assert.Equal(whole, world.ReadAll(store));
        await store.DisposeAsync();
    }

    private static long StoredBytes(EdgeStore store)
    {
        using StoreLease lease = store.Acquire();
        return lease.Version.Find(ModelBatches.Table)!.Hot!.Batches.Sum(TsDb.Storage.Hot.BatchSize.Of);
    }

    private static Task<CommitOutcome> Commit(EdgeStore store, TableBatch batch) =>
        store.CommitAsync(new WriteRequest([batch], store.Schemas), CancellationToken.None);

    private static TableBatch WithSeriesOutOfRange()
    {
        TableBatch whole = StoreWorld.Batch([new ModelPoint(
            new Dictionary<string, string>(), 1, new Dictionary<string, object> { ["f"] = 1.0 })]);
        IArrowArray[] columns = [.. whole.Rows.Arrays];
        columns[0] = new Int32Array.Builder().Append(7).Build();
        return new TableBatch(whole.Table, whole.Series, new RecordBatch(whole.Rows.Schema, columns, 1));
    }
}
