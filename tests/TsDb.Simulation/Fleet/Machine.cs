using TsDb.Model;
using TsDb.Simulation.Disk;

namespace TsDb.Simulation.Fleet;

/// <summary>
/// A machine with a disk: it starts, works step by step, loses its power inside any call, and starts again.
/// </summary>
public abstract class Machine
{
    private static readonly TimeSpan DownMax = TimeSpan.FromSeconds(6);

    private DateTimeOffset _startAt = DateTimeOffset.MinValue;

    private protected Machine(FleetWorld world, string name, int seed)
    {
        (World, Name) = (world, name);
        Chance = new Random(seed);
        Disk = new FaultyDisk(seed)
        {
            Faults = _ => World.IsStorm
                && Chance.NextDouble() < World.Options.DiskErrors ? DiskFault.Io : DiskFault.None,
        };
    }

    /// <summary>Name in traces and on the link.</summary>
    public string Name { get; }

    /// <summary>True while its program runs.</summary>
    public bool IsUp { get; private set; }

    /// <summary>Its disk.</summary>
    public FaultyDisk Disk { get; }

    private protected FleetWorld World { get; }

    private protected Random Chance { get; }

    /// <summary>Lets one step of time happen to it.</summary>
    public void Step()
    {
        if (!IsUp && World.Now >= _startAt)
        {
            Guarded(() =>
            {
                Start();
                IsUp = true;
            });
        }

        if (!IsUp) return;
        if (World.Happens(World.Options.CrashEvery)) Disk.CrashAtCall = Disk.Calls + 1 + Chance.Next(30);
        Guarded(Work);
    }

    /// <summary>Does something that may lose the power, or end the program, in the middle.</summary>
    internal void Guarded(Action work)
    {
        try
        {
            work();
        }
        catch (SimulatedCrashException crash)
        {
            World.Trace.Add($"{World.Now.Ticks} ! {Name} {crash.Message}");
            Down();
            Disk.Restart();
        }
        catch (IOException failed)
        {
            // A program that cannot go on ends; what it had written is still in the machine's memory.
            World.Trace.Add($"{World.Now.Ticks} ! {Name} {failed.Message}");
            Down();
        }
        catch (TsDbException failed) when (failed.Kind == ErrorKind.Unavailable)
        {
            World.Trace.Add($"{World.Now.Ticks} ! {Name} {failed.Message}");
            Down();
        }
    }

    /// <summary>Takes the power away; the disk keeps what the model says.</summary>
    internal void PullThePlug()
    {
        Down();
        Disk.Restart();
    }

    private protected abstract void Start();

    private protected abstract void Work();

    private protected abstract void Lose();

    private void Down()
    {
        IsUp = false;
        Disk.CrashAtCall = null;
        _startAt = World.Now + (DownMax * Chance.NextDouble());
        Lose();
    }
}
