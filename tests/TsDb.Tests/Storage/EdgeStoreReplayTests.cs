using TsDb.Simulation.Disk;
using TsDb.Storage;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Storage;

/// <summary>A log that holds more than the memory may: it is sealed while it is read back.</summary>
public sealed class EdgeStoreReplayTests
{
    [Fact]
    public async Task A_log_larger_than_the_memory_is_read_back_within_it()
    {
        StoreWorld world = new(3);
        List<ModelPoint> written = await FillAsync(world);
        world.Options = world.Options with { MemoryBytesMax = 90_000 };
        await using EdgeStore store = world.Open();
        Assert.InRange(store.LimitsInUse.Single(use => use.Name == "memory").Used, 0, 60_000);
        Assert.True(store.Stats.SegmentCount > 2, "nothing was sealed on the way");
        Assert.Equal(StoreWorld.Expected(written), world.ReadAll(store));
        Assert.True(world.Disk.List("wal").Count < 10, "the log was not cut behind the seals");
        world.Disk.Restart();
        await using EdgeStore again = world.Open();
        Assert.Equal(StoreWorld.Expected(written), world.ReadAll(again));
    }

    [Fact]
    public async Task Power_lost_at_any_call_of_such_a_replay_loses_and_doubles_nothing()
    {
        for (int call = 1; ; call += 7)
        {
            StoreWorld world = new(5);
            List<ModelPoint> written = await FillAsync(world);
            world.Options = world.Options with { MemoryBytesMax = 90_000 };
            world.Disk.CrashAtCall = world.Disk.Calls + call;
            bool isDone = false;
            try
            {
                await using EdgeStore _ = world.Open();
                isDone = true;
            }
            catch (SimulatedCrashException)
            {
                world.Disk.Restart();
            }

            world.Disk.CrashAtCall = null;
            await using EdgeStore store = world.Open();
            Assert.Equal(StoreWorld.Expected(written), world.ReadAll(store));
            if (isDone) return;
        }
    }

    [Theory]
    [InlineData(DiskFault.Full)]
    [InlineData(DiskFault.Io)]
    public async Task A_node_that_cannot_seal_on_the_way_starts_all_the_same(DiskFault fault)
    {
        StoreWorld world = new(3);
        List<ModelPoint> written = await FillAsync(world);
        world.Options = world.Options with { MemoryBytesMax = 90_000 };
        world.Disk.Faults = call =>
            call.Path.StartsWith("segments", StringComparison.Ordinal) ? fault : DiskFault.None;
        await using EdgeStore store = world.Open();
        Assert.Equal(StoreWorld.Expected(written), world.ReadAll(store));
        world.Disk.Faults = null;
        world.Clock.Advance(TimeSpan.FromSeconds(2));
        store.RunUntilIdle();
        Assert.True(store.Stats.SegmentCount > 0);
        Assert.Equal(StoreWorld.Expected(written), world.ReadAll(store));
    }

    private static async Task<List<ModelPoint>> FillAsync(StoreWorld world)
    {
        world.Options = world.Options with { SealBytes = 1 << 30, SealAge = TimeSpan.FromDays(1) };
        List<ModelPoint> written = [];
        await using EdgeStore store = world.Open();
        for (int request = 0; request < 60; request++)
        {
            List<ModelPoint> points = world.RandomPoints(60);
            Task<CommitOutcome> commit =
                store.CommitAsync(StoreWorld.Request(store, points), CancellationToken.None);
            store.RunUntilIdle();
            Assert.Equal(CommitOutcome.Committed, await commit);
            written.AddRange(points);
        }

        return written;
    }
}
