using TsDb.Model;
using TsDb.Simulation.Disk;
using TsDb.Storage;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Storage;

/// <summary>
/// Power loss at every disk call, and failing disks: after a restart every acknowledged request is there
/// once, in order, and a request that was not acknowledged is there whole or not at all.
/// </summary>
public sealed class EdgeStoreCrashTests
{
    private const int GroupsPerLife = 14;

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void Nothing_acknowledged_is_lost_whichever_call_the_crash_hits(int seed)
    {
        int calls = new Life(seed).Run(crashAtCall: null);
        for (int call = 1; call <= calls; call++)
        {
            Life life = new(seed);
            life.Run(crashAtCall: call);
            life.CheckAfterRestart();
        }
    }

    [Fact]
    public void Nothing_acknowledged_is_lost_through_many_crashes()
    {
        for (int seed = 100; seed < 130; seed++)
        {
            Life life = new(seed);
            for (int crash = 0; crash < 6; crash++)
            {
                life.Run(crashAtCall: life.World.Disk.Calls + life.World.Random.Next(1, 120));
                life.CheckAfterRestart();
            }
        }
    }

    [Fact]
    public void A_failing_disk_refuses_and_recovers()
    {
        for (int seed = 200; seed < 230; seed++)
        {
            Life life = new(seed);
            Random chance = new(seed);
            life.World.Disk.Faults = _ => chance.Next(25) switch
            {
                0 => DiskFault.Io,
                1 => DiskFault.Full,
                _ => DiskFault.None,
            };
            for (int crash = 0; crash < 4; crash++)
            {
                life.Run(crashAtCall: life.World.Disk.Calls + life.World.Random.Next(20, 200));
                life.CheckAfterRestart();
            }
        }
    }

    /// <summary>A store that is written to until it crashes, and what may be in it.</summary>
    private sealed class Life(int seed)
    {
        private readonly List<ModelPoint> _acknowledged = [];

        // Requests since the last acknowledged one that were refused, or that the crash left without an
        // answer.
        private readonly List<List<ModelPoint>> _open = [];

        public StoreWorld World { get; } = new(seed);

        public int Run(int? crashAtCall)
        {
            World.Disk.CrashAtCall = crashAtCall;
            try
            {
                EdgeStore store = World.Open();
                for (int group = 0; group < GroupsPerLife; group++) Step(store, group);
            }
            catch (SimulatedCrashException)
            {
                return World.Disk.Calls;
            }
            catch (Exception e) when (World.Disk.Faults is not null && e is IOException or TsDbException
            {
                Kind: ErrorKind.Unavailable
            })
            {
                // A store that cannot be opened on a failing disk is opened again later.
                return World.Disk.Calls;
            }

            return World.Disk.Calls;
        }

        public void CheckAfterRestart()
        {
            Func<DiskCall, DiskFault>? faults = World.Disk.Faults;
            World.Disk.Faults = null;
            bool isKill = World.Random.Next(2) == 0;
            if (isKill) World.Disk.Revive();
            else World.Disk.Restart();
            string found = World.ReadAll(World.Open());
            List<ModelPoint>? also = null;
            if (found != StoreWorld.Expected(_acknowledged))
            {
                also = _open.Find(points => found == StoreWorld.Expected(_acknowledged.Concat(points)));
                Assert.True(also is not null, Difference(found));
            }

            if (also is not null) _acknowledged.AddRange(also);
            _open.Clear();
            if (isKill) World.Disk.Revive();
            else World.Disk.Restart();
            World.Disk.Faults = faults;
        }

        private void Step(EdgeStore store, int group)
        {
            World.Clock.Advance(TimeSpan.FromSeconds(World.Random.Next(10)));
            List<ModelPoint> all = [];
            List<Task<CommitOutcome>> commits = [];
            for (int request = World.Random.Next(1, 4); request > 0; request--)
            {
                List<ModelPoint> points = World.RandomPoints(
                    World.Random.Next(6) == 0 ? 300 : World.Random.Next(1, 6));
                all.AddRange(points);
                commits.Add(store.CommitAsync(StoreWorld.Request(store, points), CancellationToken.None));
            }

            _open.Add(all);
            store.RunUntilIdle();
            if (commits.TrueForAll(commit => commit.IsCompletedSuccessfully)) Acknowledge(all);
            else Assert.All(commits, commit => Assert.True(commit.IsFaulted));
            if (World.Random.Next(4) == 0) Assert.Equal(
                StoreWorld.Expected(_acknowledged), World.ReadAll(store));
            if (group % 5 == 4)
            {
                _ = store.FlushAsync(CancellationToken.None);
                store.RunUntilIdle();
                Assert.Equal(StoreWorld.Expected(_acknowledged), World.ReadAll(store));
            }
        }

        private void Acknowledge(List<ModelPoint> points)
        {
            _acknowledged.AddRange(points);
            _open.Clear();
        }

        private string Difference(string found)
        {
            string[] there = found.Split('\n');
            string[] wanted = StoreWorld.Expected(_acknowledged).Split('\n');
            return $"seed {seed}: {wanted.Except(there).Count()} of {wanted.Length} points missing or wrong, "
                + $"{there.Except(wanted).Count()} not expected, {_open.Count} groups open";
        }
    }
}
