using TsDb.Model;
using TsDb.Storage.Compaction;

namespace TsDb.Simulation.Fleet;

/// <summary>
/// A fleet and what befalls it, all of it from the seed. Each seed has a mixture of its own: some faults,
/// each often or seldom, and not the others, so that no fault hides behind another.
/// </summary>
internal sealed record FaultPlan
{
    public required int Seed { get; init; }

    public int Edges { get; init; } = 2;

    public int Nodes { get; init; } = 3;

    public int Replication { get; init; } = 3;

    /// <summary>The write quorum asked for; 0 means the majority.</summary>
    public int WriteQuorum { get; init; }

    /// <summary>Brokers that stand for themselves; 0: one inside each node.</summary>
    public int OutsideBrokers { get; init; }

    /// <summary>Largest chunk that brokers take.</summary>
    public int ChunkBytes { get; init; } = 1_500;

    /// <summary>Random bytes in each text that clients write: they make shipments of several
    /// chunks.</summary>
    public int TextBytes { get; init; }

    /// <summary>How long clients write and faults happen.</summary>
    public TimeSpan Storm { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long it may take until all is in place after the faults have ended.</summary>
    public TimeSpan Calm { get; init; } = TimeSpan.FromMinutes(40);

    /// <summary>Chance of each delivery to be lost; a third of it: to happen twice.</summary>
    public double Loss { get; init; }

    /// <summary>The longest that a delivery takes.</summary>
    public TimeSpan DelayMax { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Chance of a changing call of a disk to fail.</summary>
    public double DiskErrors { get; init; }

    /// <summary>Chance of a sync to take long.</summary>
    public double SlowSyncs { get; init; }

    /// <summary>True if wall clocks are wrong, and jump.</summary>
    public bool ClocksAreWrong { get; init; }

    /// <summary>True if edges drop what they shipped when they hold much.</summary>
    public bool Retains { get; init; }

    /// <summary>Mean times between faults of one kind in the whole fleet; null for never.</summary>
    public TimeSpan? PowerLossEvery { get; init; }

    /// <summary>A program ends, the machine stays.</summary>
    public TimeSpan? KillEvery { get; init; }

    /// <summary>A connection to a broker breaks.</summary>
    public TimeSpan? BreakEvery { get; init; }

    /// <summary>A broker restarts.</summary>
    public TimeSpan? BrokerRestartEvery { get; init; }

    /// <summary>Some machines do not reach some others.</summary>
    public TimeSpan? CutEvery { get; init; }

    /// <summary>A disk is full for a while.</summary>
    public TimeSpan? FullEvery { get; init; }

    /// <summary>A program hangs for a while.</summary>
    public TimeSpan? HangEvery { get; init; }

    /// <summary>An operator pauses an uplink, and resumes it.</summary>
    public TimeSpan? PauseEvery { get; init; }

    /// <summary>Somebody asks the cluster.</summary>
    public TimeSpan QueryEvery { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>An edge comes back from an old copy of its disk.</summary>
    public bool Restores { get; init; }

    /// <summary>An edge loses its disk.</summary>
    public bool Wipes { get; init; }

    /// <summary>A copy of an edge runs beside it.</summary>
    public bool Clones { get; init; }

    /// <summary>A cloud node loses its disk and joins anew.</summary>
    public bool EmptiesNodes { get; init; }

    /// <summary>
    /// As unlucky as it gets: one owner is not reached for a while, and when it is back another loses its
    /// disk while the third is not reached.
    /// </summary>
    public bool EmptiesBetweenCuts { get; init; }

    /// <summary>
    /// What a node says to others is read only after it has lost its disk and has joined anew.
    /// </summary>
    public bool EmptiesAfterLateWords { get; init; }

    /// <summary>A node joins that was not there.</summary>
    public bool Grows { get; init; }

    /// <summary>A node joins while another is down, which comes back late.</summary>
    public bool GrowsWhileDown { get; init; }

    /// <summary>
    /// A cloud node loses single files. Not beside edges that drop what they shipped or come back older:
    /// the last copy may be the edge's.
    /// </summary>
    public bool LosesFiles { get; init; }

    /// <summary>Chance of a question between nodes to be read late, after its asker has given up.</summary>
    public double LateCalls { get; init; }

    /// <summary>Points are erased, or what was erased is lifted.</summary>
    public TimeSpan? EraseEvery { get; init; }

    /// <summary>How cloud nodes merge their files; null for not at all.</summary>
    public CompactionLimits? Compaction { get; init; }

    /// <summary>A table comes into being late, and is asked for before anybody has it.</summary>
    public bool MakesTable { get; init; }

    /// <summary>
    /// Edges get their uplink only then, with much that is not cut yet, and one of them comes back from a
    /// copy that was made before; null if they have it from the beginning.
    /// </summary>
    public TimeSpan? ShipsFrom { get; init; }

    /// <summary>How many segments an edge puts into one shipment.</summary>
    public int CutSegmentsMax { get; init; } = 64;

    /// <summary>
    /// Clients pause now and then, while faults go on: what settles then is merged, and not only in the calm.
    /// </summary>
    public bool HasLulls { get; init; }

    /// <summary>How often the power goes while files are being merged, in the calm as well.</summary>
    public int MergeCrashes { get; init; }

    /// <summary>
    /// Two lives of an edge, before and after it comes back from an old copy, reach an owner each.
    /// </summary>
    public bool ForksOwners { get; init; }

    /// <summary>The plan of a seed.</summary>
    public static FaultPlan Of(int seed)
    {
        Random chance = new(seed);
        int nodes = 1 + chance.Next(5);
        int replication = 1 + chance.Next(3);
        bool comesBack = chance.Next(3) == 0;
        FaultPlan plan = new()
        {
            Seed = seed,
            Edges = 1 + chance.Next(3),
            Nodes = nodes,
            Replication = replication,
            WriteQuorum = chance.Next(3) == 0 ? 1 + chance.Next(replication) : 0,
            OutsideBrokers = chance.Next(3) == 0 ? 1 + chance.Next(2) : 0,
            Loss = Half() ? 0.02 + (0.2 * chance.NextDouble()) : 0,
            DelayMax = TimeSpan.FromMilliseconds(Half() ? 1_500 : 80),
            DiskErrors = chance.Next(3) == 0 ? 0.01 * chance.NextDouble() : 0,
            SlowSyncs = chance.Next(4) == 0 ? 0.02 : 0,
            ClocksAreWrong = chance.Next(3) == 0,
            Retains = Half(),
            PowerLossEvery = Half() ? Every(2, 8) : null,
            KillEvery = Half() ? Every(3, 10) : null,
            BreakEvery = Half() ? Every(2, 8) : null,
            BrokerRestartEvery = chance.Next(3) == 0 ? Every(4, 10) : null,
            CutEvery = Half() ? Every(3, 8) : null,
            FullEvery = chance.Next(3) == 0 ? Every(3, 8) : null,
            HangEvery = chance.Next(4) == 0 ? Every(3, 8) : null,
            PauseEvery = chance.Next(6) == 0 ? Every(5, 10) : null,
            QueryEvery = Every(1, 3),
            Restores = comesBack && Half(),
            Wipes = comesBack && Half(),
            Clones = comesBack && Half(),
            EmptiesNodes = chance.Next(3) == 0,
            Grows = chance.Next(5) == 0,
            EmptiesBetweenCuts = chance.Next(3) == 0,
            LateCalls = chance.Next(3) == 0 ? 0.1 : 0,
            ChunkBytes = Half() ? 1_024 : 4_096,
            TextBytes = chance.Next(3) == 0 ? 40 : 0,
            EmptiesAfterLateWords = chance.Next(4) == 0,
            EraseEvery = Half() ? Every(2, 6) : null,
        };
        plan = plan with { LosesFiles = !plan.Retains && !comesBack && Half() };
        plan = WithMerges(plan, chance);

        // The majority has to be there to admit one, and the clients while its shards are on their way.
        return chance.Next(4) > 0 || plan.Nodes < 3 ? plan : plan with
        {
            GrowsWhileDown = true,
            Storm = TimeSpan.FromSeconds(40),
        };

        bool Half() => chance.Next(2) == 0;

        TimeSpan Every(int least, int most) =>
            TimeSpan.FromSeconds(least + ((most - least) * chance.NextDouble()));
    }

    // How files are merged, and what is of interest while they are.
    private static FaultPlan WithMerges(FaultPlan plan, Random chance)
    {
        plan = plan with { Compaction = chance.Next(5) == 0 ? null : Compacting() };
        plan = plan with { MakesTable = chance.Next(3) == 0 };
        if (chance.Next(5) == 0)
        {
            plan = plan with
            {
                ShipsFrom = TimeSpan.FromSeconds(3 + (7 * chance.NextDouble())),
                CutSegmentsMax = 2 + chance.Next(3),
                LosesFiles = false,
            };
        }

        if (plan.Compaction is not null && chance.Next(3) == 0)
            plan = plan with { HasLulls = true, Storm = TimeSpan.FromSeconds(30) };
        plan = plan with { MergeCrashes = chance.Next(2) == 0 ? 1 + chance.Next(5) : 0 };
        bool forks = chance.Next(4) == 0 && plan is { Nodes: > 1, Replication: > 1 };
        if (!forks) return plan;
        return plan with { ForksOwners = true, LosesFiles = false, Storm = TimeSpan.FromSeconds(40) };

        // Mostly as if every day were over, so that blocks need not be full: short lives have few shipments.
        CompactionLimits Compacting() => new()
        {
            ClosedAfter = TimeSpan.FromDays(chance.Next(4) == 0 ? 1 : -10_000),
            OrdinalsMax = LeafRun.LeavesMax,
            InputBytesMax = chance.Next(2) == 0 ? 20_000 : 1 << 20,
        };
    }
}
