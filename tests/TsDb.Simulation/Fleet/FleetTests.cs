namespace TsDb.Simulation.Fleet;

/// <summary>Whole fleets on one seed. SEEDS=n runs n seeds, SEED=s only that one.</summary>
public sealed class FleetTests
{
    private const int SeedsDefault = 20;

    [Fact]
    public void Every_acknowledged_point_is_in_the_cloud_once_and_the_newest_value_counts()
    {
        foreach (int seed in Seeds()) Run(OptionsFor(seed));
    }

    [Fact]
    public void The_same_seed_gives_the_same_trace()
    {
        FleetOptions options = OptionsFor(12_345) with { Storm = TimeSpan.FromSeconds(30) };
        string first = Run(options).Trace.ToString();
        Assert.Equal(first, Run(options).Trace.ToString());
        Assert.NotEqual(first, Run(options with { Seed = 12_346 }).Trace.ToString());
    }

    [Fact]
    public void An_edge_restored_from_an_old_copy_keeps_what_was_durable_and_adds_what_comes_after()
    {
        int incarnations = 0;
        foreach (int seed in Seeds())
        {
            FleetOptions options = OptionsFor(seed) with { Storm = TimeSpan.FromSeconds(15) };
            FleetWorld world = Run(options);
            SimulatedEdge edge = world.Edges[0];
            IReadOnlyDictionary<string, byte[]> backup = edge.Disk.Backup();
            Check(world, world.Run());
            edge.PullThePlug();
            edge.Disk.PutBack(backup);
            Check(world, world.Run());
            incarnations += world.Cluster.Edges[edge.Id].Incarnations.Length - 1;
        }

        Assert.True(incarnations > 0, "no restored edge ever took a new incarnation");
    }

    private static IEnumerable<int> Seeds()
    {
        if (Environment.GetEnvironmentVariable("SEED") is { Length: > 0 } one) return [Number(one)];
        int count = Environment.GetEnvironmentVariable("SEEDS") is { Length: > 0 } many ? Number(
            many) : SeedsDefault;
        return Enumerable.Range(1, count);
    }

    private static int Number(string text) =>
        int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static FleetOptions OptionsFor(int seed) => new()
    {
        Seed = seed,
        Edges = 1 + (seed % 4),
        Nodes = 1 + (seed % 5),
        Replication = 1 + (seed % 3),
        Loss = seed % 3 * 0.1,
    };

    private static FleetWorld Run(FleetOptions options)
    {
        FleetWorld world = new(options);
        Check(world, world.Run());
        return world;
    }

    private static void Check(FleetWorld world, bool isSettled)
    {
        string reports = string.Join('\n', world.Edges.Select(edge => edge.Report));
        Assert.True(isSettled, $"SEED={world.Options.Seed} does not settle:\n{reports}");
        foreach (SimulatedEdge edge in world.Edges)
        {
            SortedDictionary<string, long> points = FleetTruth.PointsOf(world, edge);
            string[] wrong =
            [
                .. edge.Acknowledged.Where(p => points.GetValueOrDefault(p.Key) != p.Value)
                    .Select(p => $"{p.Key}: {p.Value} was taken, {points.GetValueOrDefault(p.Key)} is there")
                    .Take(5),
            ];
            Assert.True(
                wrong.Length == 0 && points.Count == edge.Acknowledged.Count,
                $"SEED={world.Options.Seed} {edge.Name}: {edge.Acknowledged.Count} points were acknowledged, "
                + $"{points.Count} are there\n{string.Join('\n', wrong)}");
        }
    }
}
