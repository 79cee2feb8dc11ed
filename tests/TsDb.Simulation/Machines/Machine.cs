using System.Globalization;
using System.Text.RegularExpressions;
using TsDb.Model;
using TsDb.Simulation.Disk;
using TsDb.Simulation.Fleet;
using TsDb.Simulation.Time;

namespace TsDb.Simulation.Machines;

/// <summary>
/// A machine with a disk and a clock of its own. Its program starts, loses its power or its life inside any
/// call, hangs for a while, and starts again.
/// </summary>
internal abstract partial class Machine
{
    // From the new file's name to the removal of the last old one.
    private const int MergeCallsMax = 8;

    private static readonly TimeSpan DownMax = TimeSpan.FromSeconds(6);

    // What came while the program hung, in the order in which it came.
    private readonly Queue<(Process Process, Action Work)> _late = new();
    private TimeSpan _stalledUntil;
    private TimeSpan _downUntil;
    private bool _isCatchingUp;
    private bool _isRetired;

    protected Machine(World world, string name)
    {
        (World, Name) = (world, name);
        Chance = new Random(world.Chance.Next());
        Disk = new FaultyDisk(world.Chance.Next()) { Faults = FaultOf, Crashed = Die };
        Skew = world.Plan.ClocksAreWrong ? TimeSpan.FromMinutes(Chance.Next(-120, 120)) : TimeSpan.Zero;
    }

    public World World { get; }

    /// <summary>Name in traces and on the network.</summary>
    public string Name { get; }

    public FaultyDisk Disk { get; }

    /// <summary>The running program; null while the machine is down.</summary>
    public Process? Program { get; private set; }

    /// <summary>How wrong its wall clock is.</summary>
    public TimeSpan Skew { get; set; }

    public bool IsUp => Program is { IsAlive: true };

    /// <summary>What a slow disk or a stopped process adds to everything that it does now.</summary>
    public TimeSpan Lag => _stalledUntil > World.Time.Elapsed ? _stalledUntil - World.Time.Elapsed : default;

    /// <summary>True while the program hangs, or has not caught up.</summary>
    public bool IsLate => Lag > TimeSpan.Zero || _late.Count > 0;

    protected Random Chance { get; }

    /// <summary>True if its program awaits, and has to be led back to its one thread.</summary>
    protected virtual bool NeedsContext => false;

    /// <summary>Random ids, from the seed.</summary>
    public Guid NewId()
    {
        byte[] bytes = new byte[16];
        Chance.NextBytes(bytes);
        return new Guid(bytes);
    }

    /// <summary>Switches it on soon.</summary>
    public void PowerOn(TimeSpan soon) => World.Time.After(soon, Boot);

    /// <summary>Takes the power away; the disk keeps what its model says.</summary>
    public void PullThePlug()
    {
        if (!IsUp) return;
        World.Trace.Add($"! {Name} loses its power");
        Disk.Restart();
        End();
    }

    /// <summary>Ends the program; the machine's memory keeps what was written, synced or not.</summary>
    public void Kill(string reason)
    {
        if (!IsUp) return;
        World.Trace.Add($"! {Name} ends: {reason}");
        Disk.Revive();
        End();
    }

    /// <summary>Takes the power away for so long at least.</summary>
    public void StayDown(TimeSpan time)
    {
        _downUntil = World.Time.Elapsed + time;
        PullThePlug();
    }

    /// <summary>Takes it away for good.</summary>
    public void Retire()
    {
        _isRetired = true;
        PullThePlug();
    }

    /// <summary>Stops the program for a while, with everything that is under way.</summary>
    public void Stall(TimeSpan time)
    {
        World.Trace.Add($"! {Name} hangs for {time.TotalMilliseconds:0} ms");
        TimeSpan until = World.Time.Elapsed + time;
        if (until > _stalledUntil) _stalledUntil = until;
    }

    /// <summary>Runs something in one start of the program; nothing happens if that is over.</summary>
    internal void Run(Process process, Action work)
    {
        if (process != Program || !process.IsAlive) return;
        if (Lag > TimeSpan.Zero || (_late.Count > 0 && !_isCatchingUp))
        {
            if (_late.Count == 0) World.Time.After(Lag, CatchUp);
            _late.Enqueue((process, work));
            return;
        }

        Execute(process, work);
    }

    private void CatchUp()
    {
        _isCatchingUp = true;
        try
        {
            while (Lag == TimeSpan.Zero && _late.TryDequeue(out (Process Process, Action Work) next))
            {
                if (next.Process == Program && next.Process.IsAlive) Execute(next.Process, next.Work);
            }
        }
        finally
        {
            _isCatchingUp = false;
        }

        if (_late.Count > 0) World.Time.After(Lag, CatchUp);
    }

    private void Execute(Process process, Action work)
    {
        try
        {
            process.RunNow(work);
            AfterRun();
        }
        catch (SimulatedCrashException)
        {
            // The machine has already noticed.
        }
        catch (Exception e) when (e is IOException or TsDbException { Kind: ErrorKind.Unavailable })
        {
            // A program that cannot go on ends, and somebody starts it again.
            Kill(e.Message);
        }
    }

    /// <summary>Puts the program together; called inside it.</summary>
    protected abstract void Start(Process program);

    /// <summary>The program is no more.</summary>
    protected abstract void Lose();

    /// <summary>After each thing that ran.</summary>
    protected virtual void AfterRun()
    {
    }

    protected MachineClock ClockOf(Process program) => new(World.Time, program, () => Skew);

    private void Boot()
    {
        if (IsUp || _isRetired) return;
        if (_downUntil > World.Time.Elapsed)
        {
            PowerOn(_downUntil - World.Time.Elapsed);
            return;
        }

        Process program = new(this, NeedsContext);
        Program = program;
        World.Trace.Add($"! {Name} starts");
        Run(program, () => Start(program));
    }

    // Called by the disk, in the middle of the call at which the power goes.
    private void Die()
    {
        World.Trace.Add($"! {Name} loses its power at disk call {Disk.Calls}");
        Process? program = Program;
        program?.Kill();
        World.Time.After(TimeSpan.Zero, () =>
        {
            if (Program != program) return;
            Disk.Restart();
            End();
        });
    }

    private void End()
    {
        Program?.Kill();
        Program = null;
        _stalledUntil = default;
        _late.Clear();
        Lose();
        if (!_isRetired) PowerOn((World.IsStorm ? DownMax : DownMax / 6) * Chance.NextDouble());
    }

    // A file of several shipments, at an edge or a node, gets its name.
    [GeneratedRegex(@"-\d{8}-\d{8}-[0-9a-f]{16}\.parquet$")]
    private static partial Regex MergedName();

    private DiskFault FaultOf(DiskCall call)
    {
        World.Trace.Add(string.Create(CultureInfo.InvariantCulture, $"d {Name} {call.Kind} {call.Path}"));
        bool isMerge = World.Plan.MergeCrashes > 0 && call.Kind == DiskCallKind.Rename
            && MergedName().IsMatch(call.Path);
        if (isMerge && Chance.Next(3) == 0 && World.MayCrashMerge())
            Disk.CrashAtCall = Disk.Calls + 1 + Chance.Next(MergeCallsMax);
        if (!World.IsStorm) return DiskFault.None;
        if (call.Kind == DiskCallKind.Sync && Chance.NextDouble() < World.Plan.SlowSyncs)
            Stall(TimeSpan.FromSeconds(2) * Chance.NextDouble());
        return Chance.NextDouble() < World.Plan.DiskErrors ? DiskFault.Io : DiskFault.None;
    }
}
