using TsDb.Model;
using TsDb.Simulation.Disk;
using TsDb.Storage;
using TsDb.Storage.Wal;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Storage.Wal;

/// <summary>A damaged log is refused, and salvage keeps everything that is whole.</summary>
public sealed class LogSalvageTests
{
    private const int Groups = 8;

    [Fact]
    public async Task Everything_but_the_damaged_commit_is_kept()
    {
        for (int lost = 0; lost < Groups - 1; lost++)
        {
            (StoreWorld world, List<List<ModelPoint>> groups) = await DamagedAsync(lost);
            TsDbException error = Assert.Throws<TsDbException>(world.Open);
            Assert.Equal(ErrorKind.Corrupt, error.Kind);
            Assert.Contains("tsdb wal salvage", error.Message, StringComparison.Ordinal);
            LogSalvage salvage = new(world.Disk, world.NewId);
            Assert.Contains(salvage.Inspect(), file => file.Damages is [{ IsTail: false }]);
            SalvageReport report = salvage.Run();
            Assert.Equal(Groups - 1, report.Commits);
            Assert.Equal(lost == 0 ? 0 : 1, report.Losses.Length);
            await RequireAsync(world, Kept(groups, lost));
        }
    }

    [Fact]
    public async Task A_salvage_that_is_interrupted_at_any_call_can_be_run_again()
    {
        for (int call = 1; ; call++)
        {
            (StoreWorld world, List<List<ModelPoint>> groups) = await DamagedAsync(lost: 3);
            int before = world.Disk.Calls;
            world.Disk.CrashAtCall = before + call;
            bool isDone = false;
            try
            {
                new LogSalvage(world.Disk, world.NewId).Run();
                isDone = true;
            }
            catch (SimulatedCrashException)
            {
                world.Disk.Restart();
                new LogSalvage(world.Disk, world.NewId).Run();
            }

            world.Disk.CrashAtCall = null;
            await RequireAsync(world, Kept(groups, 3));
            if (isDone) return;
        }
    }

    [Fact]
    public async Task A_lost_file_is_named_and_what_is_left_is_kept()
    {
        (StoreWorld world, List<List<ModelPoint>> groups) = await WrittenAsync(logFileBytes: 1);
        world.Disk.Delete(world.Disk.List("wal")[2]);
        Assert.Throws<TsDbException>(world.Open);
        SalvageReport report = new LogSalvage(world.Disk, world.NewId).Run();
        Assert.Contains("commits between 2 and 4", Assert.Single(report.Losses), StringComparison.Ordinal);
        await RequireAsync(world, Kept(groups, 2));
    }

    [Fact]
    public async Task A_sound_log_stays_what_it_was()
    {
        (StoreWorld world, List<List<ModelPoint>> groups) = await WrittenAsync(logFileBytes: 4_000);
        SalvageReport report = new LogSalvage(world.Disk, world.NewId).Run();
        Assert.Empty(report.Losses);
        Assert.Equal(groups.Sum(group => group.Count), report.Rows);
        await RequireAsync(world, groups.SelectMany(group => group));
    }

    private static async Task<(StoreWorld, List<List<ModelPoint>>)> DamagedAsync(int lost)
    {
        (StoreWorld world, List<List<ModelPoint>> groups) = await WrittenAsync(logFileBytes: 1 << 20);
        string file = Assert.Single(world.Disk.List("wal"));
        long offset = 0;
        using (TsDb.Storage.Ports.IDiskFile open = world.Disk.Open(file))
        {
            LogFileReader reader = new(open, file, LogFile.Parse(file)!.Id);
            for (int frame = 0; frame < lost; frame++) Assert.True(reader.TryRead(out _, out _));
            offset = reader.Offset;
        }

        world.Disk.Damage(file, bytes => bytes[offset + 60] ^= 1);
        return (world, groups);
    }

    private static async Task<(StoreWorld, List<List<ModelPoint>>)> WrittenAsync(long logFileBytes)
    {
        StoreWorld world = new(7);
        world.Options = world.Options with { SealBytes = 1 << 30, LogFileBytes = logFileBytes };
        List<List<ModelPoint>> groups = [];
        await using EdgeStore store = world.Open();
        for (int group = 0; group < Groups; group++)
        {
            List<ModelPoint> points = world.RandomPoints(5);
            Task<CommitOutcome> commit =
                store.CommitAsync(StoreWorld.Request(store, points), CancellationToken.None);
            store.RunUntilIdle();
            Assert.Equal(CommitOutcome.Committed, await commit);
            groups.Add(points);
        }

        return (world, groups);
    }

    private static IEnumerable<ModelPoint> Kept(List<List<ModelPoint>> groups, int lost) =>
        groups.Where((_, at) => at != lost).SelectMany(group => group);

    private static async Task RequireAsync(StoreWorld world, IEnumerable<ModelPoint> points)
    {
        await using (EdgeStore store = world.Open())
        {
            Assert.Equal(StoreWorld.Expected(points), world.ReadAll(store));
            Task flush = store.FlushAsync(CancellationToken.None);
            store.RunUntilIdle();
            await flush;
        }

        world.Disk.Restart();
        await using EdgeStore again = world.Open();
        Assert.Equal(StoreWorld.Expected(points), world.ReadAll(again));
    }
}
