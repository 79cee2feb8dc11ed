using TsDb.Model;
using TsDb.Simulation.Disk;
using TsDb.Storage;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Storage;

/// <summary>
/// What the store does when something runs out or breaks: it refuses in time, loses nothing, and recovers.
/// </summary>
public sealed class EdgeStoreLimitTests
{
    [Theory]
    [InlineData(DiskCallKind.Append)]
    [InlineData(DiskCallKind.Sync)]
    [InlineData(DiskCallKind.Create)]
    public async Task A_failed_log_write_refuses_the_whole_group_and_leaves_no_schema(DiskCallKind broken)
    {
        StoreWorld world = new(1);
        await using EdgeStore store = world.Open();
        List<ModelPoint> kept = world.RandomPoints(5);
        if (broken != DiskCallKind.Create) await Commit(store, kept);
        else kept.Clear();
        string[] filesBefore = [.. world.Disk.List("wal")];
        world.Disk.Faults = call => call.Kind == broken ? DiskFault.Io : DiskFault.None;
        Task<CommitOutcome>[] refused =
        [
            store.CommitAsync(StoreWorld.Request(store, world.RandomPoints(3)), CancellationToken.None),
            store.CommitAsync(
                new WriteRequest([Typed(FieldType.Int64, 1L)], store.Schemas), CancellationToken.None),
        ];
        store.RunUntilIdle();
        foreach (Task<CommitOutcome> commit in refused)
        {
            TsDbException error = await Assert.ThrowsAsync<TsDbException>(() => commit);
            Assert.Equal(ErrorKind.Unavailable, error.Kind);
            Assert.NotNull(error.RetryAfter);
        }

        Assert.NotNull(store.Stats.WritesRefusedReason);
        Assert.Null(store.Schemas.Find(ModelBatches.Table)?.Find("typed"));
        world.Disk.Faults = null;
        Task<CommitOutcome> other = store.CommitAsync(
            new WriteRequest([Typed(FieldType.String, "x")], store.Schemas), CancellationToken.None);
        store.RunUntilIdle();
        Assert.Equal(CommitOutcome.Committed, await other);
        Assert.Null(store.Stats.WritesRefusedReason);
        Assert.Equal(FieldType.String, store.Schemas.Find(ModelBatches.Table)!.Find("typed")!.Type);
        Assert.NotEqual(filesBefore, world.Disk.List("wal"));
        await store.DisposeAsync();
        world.Disk.Restart();
        await using EdgeStore again = world.Open();
        Assert.Equal(kept.Count + 1, world.ReadAll(again).Split('\n').Length);
        Assert.Equal(FieldType.String, again.Schemas.Find(ModelBatches.Table)!.Find("typed")!.Type);
    }

    [Fact]
    public async Task A_full_disk_refuses_writes_seals_to_make_room_and_takes_them_again()
    {
        StoreWorld world = new(1);
        world.Options = world.Options with { DiskReserveBytes = 20_000, SealBytes = 1 << 30 };
        world.Disk.CapacityBytes = 300_000;
        await using EdgeStore store = world.Open();
        List<ModelPoint> written = [];
        int refusals = 0;
        for (int i = 0; i < 400 && refusals == 0; i++)
        {
            List<ModelPoint> points = world.RandomPoints(20);
            Task<CommitOutcome> commit = store.CommitAsync(
                StoreWorld.Request(store, points), CancellationToken.None);
            store.RunUntilIdle();
            if (commit.IsFaulted) refusals++;
            else written.AddRange(points);
        }

        Assert.Equal(1, refusals);
        Assert.True(world.Disk.FreeBytes > 20_000, "the reserve was spent");
        store.RunUntilIdle();
        Assert.Empty(world.Disk.List("wal"));
        List<ModelPoint> later = world.RandomPoints(20);
        await Commit(store, later);
        Assert.Equal(StoreWorld.Expected([.. written, .. later]), world.ReadAll(store));
    }

    [Fact]
    public async Task A_write_that_finds_no_memory_waits_five_seconds_then_is_refused()
    {
        StoreWorld world = new(1);
        world.Options = world.Options with { MemoryBytesMax = 40_000, SealBytes = 1 << 30 };
        await using EdgeStore store = world.Open();
        List<Task<CommitOutcome>> commits = [];
        for (int i = 0; i < 20; i++)
            commits.Add(
                store.CommitAsync(StoreWorld.Request(store, world.RandomPoints(50)), CancellationToken.None));
        Assert.All(commits, commit => Assert.False(commit.IsCompletedSuccessfully));
        Task<CommitOutcome>[] waiting = [.. commits.Where(commit => !commit.IsCompleted)];
        world.Clock.Advance(TimeSpan.FromSeconds(5.1));
        await Assert.ThrowsAsync<TsDbException>(() => commits[^1]);
        TsDbException error = await Assert.ThrowsAsync<TsDbException>(() => waiting[^1]);
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        store.RunUntilIdle();
        Assert.Equal(CommitOutcome.Committed, await commits[0]);
    }

    [Fact]
    public async Task A_write_that_waits_for_memory_goes_on_when_a_seal_has_made_room()
    {
        StoreWorld world = new(1);
        world.Options = world.Options with { MemoryBytesMax = 40_000, SealBytes = 1 << 30 };
        await using EdgeStore store = world.Open();
        List<Task<CommitOutcome>> commits = [];
        for (int i = 0; i < 6; i++)
            commits.Add(
                store.CommitAsync(StoreWorld.Request(store, world.RandomPoints(50)), CancellationToken.None));
        Task all = Task.WhenAll(commits);
        while (!all.IsCompleted)
        {
            store.RunUntilIdle();
            await Task.Yield();
        }

        await all;
    }

    [Fact]
    public async Task A_seal_that_fails_is_taken_up_again_and_doubles_nothing()
    {
        foreach (DiskCallKind broken in (DiskCallKind[])
            [DiskCallKind.Create, DiskCallKind.Append, DiskCallKind.Sync, DiskCallKind.Rename,
                DiskCallKind.SyncDirectory])
        {
            foreach (string folder in (string[])["segments", "catalog"])
            {
                StoreWorld world = new(1);
                await using EdgeStore store = world.Open();
                List<ModelPoint> written = world.RandomPoints(60);
                await Commit(store, written);
                world.Disk.Faults = call =>
                    call.Kind == broken && call.Path.StartsWith(folder, StringComparison.Ordinal)
                    ? DiskFault.Io : DiskFault.None;
                Task flush = store.FlushAsync(CancellationToken.None);
                store.RunUntilIdle();
                if (flush.IsFaulted)
                    Assert.Equal(
                        ErrorKind.Unavailable, (await Assert.ThrowsAsync<TsDbException>(() => flush)).Kind);
                Assert.Equal(StoreWorld.Expected(written), world.ReadAll(store));
                world.Disk.Faults = null;
                world.Clock.Advance(TimeSpan.FromSeconds(2));
                flush = store.FlushAsync(CancellationToken.None);
                store.RunUntilIdle();
                await flush;
                Assert.Equal(StoreWorld.Expected(written), world.ReadAll(store));
                Assert.Equal(0, store.Stats.BufferRows);
                world.Disk.Restart();
                Assert.Equal(StoreWorld.Expected(written), world.ReadAll(world.Open()));
            }
        }
    }

    [Fact]
    public async Task Files_stay_while_a_lease_needs_them()
    {
        StoreWorld world = new(1);
        await using EdgeStore store = world.Open();
        List<ModelPoint> written = world.RandomPoints(60);
        await Commit(store, written);
        Task flush = store.FlushAsync(CancellationToken.None);
        store.RunUntilIdle();
        await flush;
        StoreLease early = store.Acquire();
        StoreLease late = store.Acquire();
        string[] names = [.. early.Version.Catalog.Segments.Keys];
        store.ChangeCatalog(_ => new TsDb.Storage.Catalog.SegmentsExpired([.. names]));
        Assert.Equal("", world.ReadAll(store));
        early.Dispose();
        early.Dispose();
        Assert.Equal(StoreWorld.Expected(written), world.ReadAll(late.Version));
        late.Dispose();
        Assert.Empty(world.Disk.List("segments"));
    }

    [Fact]
    public async Task After_the_end_nothing_is_taken()
    {
        StoreWorld world = new(1);
        EdgeStore store = world.Open();
        await store.DisposeAsync();
        TsDbException error = await Assert.ThrowsAsync<TsDbException>(
            () =>
                store.CommitAsync(StoreWorld.Request(store, world.RandomPoints(1)), CancellationToken.None));
        Assert.Equal(ErrorKind.Closed, error.Kind);
    }

    [Fact]
    public async Task A_damaged_log_is_refused_with_file_and_offset()
    {
        StoreWorld world = new(1);
        EdgeStore store = world.Open();
        for (int i = 0; i < 3; i++) await Commit(store, world.RandomPoints(3));
        await store.DisposeAsync();
        string file = Assert.Single(world.Disk.List("wal"));
        world.Disk.Damage(file, bytes => bytes[60] ^= 1);
        TsDbException error = Assert.Throws<TsDbException>(world.Open);
        Assert.Equal(ErrorKind.Corrupt, error.Kind);
        Assert.Contains(file + " is damaged at offset 0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_log_file_is_noticed()
    {
        StoreWorld world = new(1);
        world.Options = world.Options with { LogFileBytes = 1, SealBytes = 1 << 30 };
        EdgeStore store = world.Open();
        for (int i = 0; i < 4; i++) await Commit(store, world.RandomPoints(3));
        await store.DisposeAsync();
        world.Disk.Delete(world.Disk.List("wal")[1]);
        TsDbException error = Assert.Throws<TsDbException>(world.Open);
        Assert.Equal(ErrorKind.Corrupt, error.Kind);
        Assert.Contains("a file is missing", error.Message, StringComparison.Ordinal);
    }

    private static TsDb.Columnar.TableBatch Typed(FieldType type, object value) => ModelBatches.Build(
        [new ModelPoint(
            new Dictionary<string, string>(), 5, new Dictionary<string, object> { ["typed"] = value })],
        ("typed", type));

    private static async Task Commit(EdgeStore store, List<ModelPoint> points)
    {
        Task<CommitOutcome> commit = store.CommitAsync(
            StoreWorld.Request(store, points), CancellationToken.None);
        store.RunUntilIdle();
        Assert.Equal(CommitOutcome.Committed, await commit);
    }
}
