using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Simulation.Disk;
using TsDb.Storage;
using TsDb.Storage.Catalog;
using TsDb.Storage.Compaction;
using TsDb.Storage.Seal;
using TsDb.Storage.Shipping;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Storage.Compaction;

/// <summary>Compaction at an edge changes files and nothing else, wherever the power goes.</summary>
public sealed class CompactorTests
{
    private static readonly CompactionLimits Limits = new();

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(4, true)]
    public async Task A_reader_sees_what_a_map_would_hold_whatever_is_cut_and_put_together(
        int seed, bool isAlone)
    {
        StoreWorld world = new(seed) { Format = new ParquetFormat(SegmentOptions.Default) };
        List<ModelPoint> written = [];
        EdgeStore store = world.Open();
        int compacted = 0;
        for (int step = 0; step < 220; step++)
        {
            switch (world.Random.Next(7))
            {
                case 0 when step % 9 == 0:
                    await store.DisposeAsync();
                    world.Disk.Restart();
                    store = world.Open();
                    break;
                case 1 when !isAlone:
                    Cut(world, store);
                    break;
                case 2:
                    Store(store, leaf => world.Random.Next(3) > 0);
                    break;
                case 3:
                    Compactor compactor = CompactorOf(world, store, isAlone);
                    while (compactor.RunOnce(world.Clock.GetUtcNow())) compacted++;
                    break;
                default:
                    written.AddRange(await WriteAsync(world, store));
                    break;
            }

            if (step % 5 == 0) Assert.Equal(StoreWorld.Expected(written), world.ReadAll(store));
        }

        Assert.Equal(StoreWorld.Expected(written), world.ReadAll(store));
        Assert.InRange(compacted, 3, 500);
        foreach (StoredSegment segment in store.Catalog.Segments.Values.Where(s => s.IsCut))
            Assert.Equal(segment.Manifest.Ordinals.Count, store.Catalog.LeavesOf(segment).Count());
        await store.DisposeAsync();
    }

    [Fact]
    public async Task Wherever_the_power_goes_every_point_is_there_and_no_file_is_left_over()
    {
        int crashes = 0;
        for (int call = 0; call < 60; call++)
        {
            StoreWorld world = new(7) { Format = new ParquetFormat(SegmentOptions.Default) };
            EdgeStore store = world.Open();
            List<ModelPoint> written = [];
            for (int i = 0; i < 20; i++)
            {
                written.AddRange(await WriteAsync(world, store));
                Cut(world, store);
            }

            Store(store, _ => true);
            world.Clock.Advance(TimeSpan.FromDays(4));
            world.Disk.CrashAtCall = world.Disk.Calls + call;
            try
            {
                Compactor compactor = CompactorOf(world, store, isAlone: false);
                while (compactor.RunOnce(world.Clock.GetUtcNow())) Assert.True(call >= 0);
            }
            catch (SimulatedCrashException)
            {
                crashes++;
                world.Disk.Restart();
            }

            world.Disk.CrashAtCall = null;
            store = world.Open();
            Assert.Equal(StoreWorld.Expected(written), world.ReadAll(store));
            Compactor again = CompactorOf(world, store, isAlone: false);
            while (again.RunOnce(world.Clock.GetUtcNow())) Assert.True(call >= 0);
            Assert.Equal(StoreWorld.Expected(written), world.ReadAll(store));
            Assert.Equal(store.Catalog.Segments.Keys, world.Disk.List(SegmentFolder.Root));
            Assert.All(store.Catalog.Cells.Values, cell => Assert.InRange(cell.Length, 1, 3));
            await store.DisposeAsync();
        }

        Assert.InRange(crashes, 10, 60);
    }

    [Fact]
    public async Task What_is_not_durable_stays_as_it_was_cut()
    {
        StoreWorld world = new(3) { Format = new ParquetFormat(SegmentOptions.Default) };
        await using EdgeStore store = world.Open();
        for (int i = 0; i < 20; i++)
        {
            await WriteAsync(world, store);
            Cut(world, store);
        }

        world.Clock.Advance(TimeSpan.FromDays(4));
        Compactor compactor = CompactorOf(world, store, isAlone: false);
        Assert.False(compactor.RunOnce(world.Clock.GetUtcNow()));
        Store(store, leaf => leaf.Ordinal.Value > 1);
        while (compactor.RunOnce(world.Clock.GetUtcNow())) Assert.NotEmpty(store.Catalog.Segments);
        Assert.All(
            store.Catalog.Ledger.Values,
            leaf => Assert.True(leaf.DurableAt is not null || leaf.Presence == LeafPresence.Present));
        Assert.Contains(store.Catalog.Ledger.Values, leaf => leaf.DurableAt is null);
    }

    private static void Cut(StoreWorld world, EdgeStore store)
    {
        DateTimeOffset now = world.Clock.GetUtcNow();
        Cutter cutter = new(
            store, world.Disk, new SegmentMerger(world.Disk), new CutLimits(),
            NullLoggerFactory.Instance, now);
        while (cutter.CutDue(now).Count > 0) Assert.NotEmpty(store.Catalog.Ledger);
    }

    private static void Store(EdgeStore store, Func<Leaf, bool> which)
    {
        foreach (LedgerLeaf leaf in store.Catalog.Ledger.Values.Where(l => l.DurableAt is null))
            if (which(leaf.Leaf)) store.ChangeCatalog(_ => new LeafDurable(leaf.Leaf, new Epoch(1)));
    }

    private static Compactor CompactorOf(StoreWorld world, EdgeStore store, bool isAlone) => new(
        store, new SegmentMerger(world.Disk), Limits, NullLoggerFactory.Instance) { MayMergeUncut = isAlone };

    private static async Task<List<ModelPoint>> WriteAsync(StoreWorld world, EdgeStore store)
    {
        List<ModelPoint> points = world.RandomPoints(world.Random.Next(1, 20));
        Task<CommitOutcome> commit =
            store.CommitAsync(StoreWorld.Request(store, points), CancellationToken.None);
        store.RunUntilIdle();
        Assert.Equal(CommitOutcome.Committed, await commit);
        Task flush = store.FlushAsync(CancellationToken.None);
        store.RunUntilIdle();
        await flush;
        return points;
    }
}
