namespace TsDb.Simulation.Fleet;

/// <summary>A fleet and what befalls it.</summary>
public sealed record FleetOptions
{
    /// <summary>Everything that chance decides follows from it.</summary>
    public required int Seed { get; init; }

    /// <summary>Edge nodes.</summary>
    public int Edges { get; init; } = 3;

    /// <summary>Cloud nodes.</summary>
    public int Nodes { get; init; } = 3;

    /// <summary>Replicas wanted.</summary>
    public int Replication { get; init; } = 3;

    /// <summary>How long writes and faults go on.</summary>
    public TimeSpan Storm { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long it may take at most until everything is in place after the faults have ended.
    /// </summary>
    public TimeSpan Calm { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Chance of each delivery to be lost; a third of it: to happen twice.</summary>
    public double Loss { get; init; } = 0.1;

    /// <summary>Mean time between crashes of one machine.</summary>
    public TimeSpan CrashEvery { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Mean time between broken connections of one machine.</summary>
    public TimeSpan BreakEvery { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Chance of a changing call of a disk to fail.</summary>
    public double DiskErrors { get; init; } = 0.002;
}
