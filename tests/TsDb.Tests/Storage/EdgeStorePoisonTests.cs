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
        Assert.Equal([lost], store.SetAside.Select(aside => aside.Segment.Name));
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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_directory_that_lost_its_catalog_is_refused_and_nothing_of_it_changes(bool hasSegments)
    {
        StoreWorld world = new(1);
        string whole = await WriteAsync(world, sealsCount: 1);
        IReadOnlyDictionary<string, byte[]> before = world.Disk.Backup();
        world.Disk.PutBack(Without(before, path => IsIn("catalog", path)
            || (!hasSegments && IsIn("segments", path))));
        IReadOnlyDictionary<string, byte[]> without = world.Disk.Backup();
        TsDbException refused = Assert.Throws<TsDbException>(world.Open);
        Assert.Equal(ErrorKind.Corrupt, refused.Kind);
        Assert.Contains("catalog/*.records, is missing", refused.Message, StringComparison.Ordinal);
        Assert.Equal(without, world.Disk.Backup());
        world.Disk.PutBack(before);
        await using EdgeStore store = world.Open();
        Assert.Equal(whole, world.ReadAll(store));
    }

    [Fact]
    public async Task What_a_crash_of_an_older_program_left_before_its_first_seal_is_opened()
    {
        StoreWorld world = new(1);
        string whole = await WriteAsync(world, sealsCount: 0);
        world.Disk.PutBack(Without(world.Disk.Backup(), path => IsIn("catalog", path)));
        await world.Open().DisposeAsync();
        world.Disk.Restart();
        Assert.Single(world.Disk.List("catalog"));
        await using EdgeStore store = world.Open();
        Assert.Equal(whole, world.ReadAll(store));
    }

    [Fact]
    public async Task Files_that_the_catalog_does_not_name_go_only_where_their_rows_are_elsewhere()
    {
        const string left = "segments/x/left.parquet", stranger = "segments/x/seen.parquet.damaged";
        StoreWorld world = new(1);
        string whole = await WriteAsync(world, sealsCount: 1);
        Dictionary<string, byte[]> files = new(world.Disk.Backup())
        {
            [left] = [1], [left + ".tmp"] = [1], [stranger] = [1],
        };
        string named = files.Keys.First(path => IsIn("segments", path) && files[path].Length > 1);

        world.Disk.PutBack(Without(files, path => path == named));
        await world.Open().DisposeAsync();
        Assert.True(world.Disk.Exists(left));

        world.Disk.PutBack(files);
        await using EdgeStore store = world.Open();
        Assert.Equal(whole, world.ReadAll(store));
        Assert.Equal([stranger], world.Disk.List("segments/x"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_catalog_that_is_older_than_the_segments_takes_none_of_them_along(bool hasLog)
    {
        StoreWorld world = new(1);
        await WriteAsync(world, sealsCount: 1);
        IReadOnlyDictionary<string, byte[]> older = world.Disk.Backup();
        string whole = await WriteAsync(world, sealsCount: 2);
        IReadOnlyDictionary<string, byte[]> newer = world.Disk.Backup();
        Dictionary<string, byte[]> mixed = Without(newer, path => IsIn("catalog", path)
            || (!hasLog && IsIn("wal", path)));
        foreach ((string path, byte[] bytes) in older)
            if (IsIn("catalog", path)) mixed[path] = bytes;
        world.Disk.PutBack(mixed);
        if (hasLog) Assert.Equal(ErrorKind.Corrupt, Assert.Throws<TsDbException>(world.Open).Kind);
        else await world.Open().DisposeAsync();
        Dictionary<string, byte[]> after = new(world.Disk.Backup());
        foreach (string path in newer.Keys.Where(path => IsIn("segments", path)))
            Assert.Equal(newer[path], after[path]);
        world.Disk.PutBack(newer);
        await using EdgeStore store = world.Open();
        Assert.Equal(whole, world.ReadAll(store));
    }

    // Seals so often, then leaves points in the log; returns all that is there.
    private static async Task<string> WriteAsync(StoreWorld world, int sealsCount)
    {
        await using EdgeStore store = world.Open();
        for (int i = 0; i <= sealsCount; i++)
        {
            Task<CommitOutcome> commit = Commit(store, StoreWorld.Batch(world.RandomPoints(6)));
            store.RunUntilIdle();
            Assert.Equal(CommitOutcome.Committed, await commit);
            if (i == sealsCount) break;
            Task flush = store.FlushAsync(CancellationToken.None);
            store.RunUntilIdle();
            await flush;
        }

        return world.ReadAll(store);
    }

    private static bool IsIn(string folder, string path) =>
        path.StartsWith(folder + "/", StringComparison.Ordinal);

    private static Dictionary<string, byte[]> Without(
        IReadOnlyDictionary<string, byte[]> files, Func<string, bool> isGone) =>
        files.Where(file => !isGone(file.Key)).ToDictionary();

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
