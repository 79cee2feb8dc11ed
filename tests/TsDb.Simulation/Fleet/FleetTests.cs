using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace TsDb.Simulation.Fleet;

/// <summary>
/// Whole fleets. TSDB_SIM_SEEDS=n runs n seeds, TSDB_SIM_SEED=s only that one, with its trace in the file
/// TSDB_SIM_TRACE. TSDB_SIM_COPIES=n makes it n nodes that have everything, TSDB_SIM_QUORUM=n is the write
/// quorum, TSDB_SIM_FORKS=1 has two lives of an edge reach an owner each, with retention at the edge.
/// </summary>
public sealed class FleetTests(ITestOutputHelper output)
{
    private const int SeedsDefault = 220;
    private const int FailuresDefault = 5;

    [Fact]
    public async Task Promises_hold_whatever_befalls_the_fleet()
    {
        if (Asked("TSDB_SIM_SEED") is { } seed)
        {
            string? file = Environment.GetEnvironmentVariable("TSDB_SIM_TRACE");
            using TextWriter? trace = string.IsNullOrEmpty(file) ? null : File.CreateText(file);
            output.WriteLine($"{FleetRun.Of(PlanOf(seed), trace)}");
            return;
        }

        int first = Asked("TSDB_SIM_FIRST") ?? 1;
        int count = Asked("TSDB_SIM_SEEDS") ?? SeedsDefault;
        Stopwatch watch = Stopwatch.StartNew();
        ConcurrentQueue<int> seeds = new(Enumerable.Range(first, count));
        ConcurrentBag<string> failures = [];
        long events = 0;
        int failuresMax = Asked("TSDB_SIM_FAILURES") ?? FailuresDefault;

        // Each fleet is single-threaded and shares nothing with the others.
        void RunSeeds()
        {
            while (failures.Count < failuresMax && seeds.TryDequeue(out int next))
            {
                try
                {
                    Interlocked.Add(ref events, FleetRun.Of(PlanOf(next)).Events);
                }
                catch (SimulationException failure)
                {
                    failures.Add($"after {watch.Elapsed.TotalSeconds:0.0} s {failure.Message}");
                }
            }
        }

        await Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(_ =>
            Task.Factory.StartNew(
                RunSeeds, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        output.WriteLine($"{count} seeds, {events} events, {watch.Elapsed.TotalSeconds:0.0} s");
        Assert.True(failures.IsEmpty, string.Join("\n\n", failures));
    }

    [Fact]
    public void The_same_seed_gives_the_same_trace()
    {
        FaultPlan plan = FaultPlan.Of(12_345);
        FleetRun first = FleetRun.Of(plan);
        Assert.Equal(first, FleetRun.Of(plan));
        Assert.NotEqual(first.Trace, FleetRun.Of(plan with { Seed = 12_346 }).Trace);
    }

    private static FaultPlan PlanOf(int seed)
    {
        FaultPlan plan = FaultPlan.Of(seed);
        if (Asked("TSDB_SIM_COPIES") is { } copies)
        {
            plan = plan with
            {
                Nodes = copies,
                Replication = copies,
                Grows = false,
                GrowsWhileDown = false,
            };
        }

        if (Asked("TSDB_SIM_QUORUM") is { } quorum) plan = plan with { WriteQuorum = quorum };
        if (Asked("TSDB_SIM_FORKS") is null) return plan;
        return plan with
        {
            ForksOwners = true,
            Retains = true,
            LosesFiles = false,
            Storm = TimeSpan.FromSeconds(40),
        };
    }

    private static int? Asked(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text
        ? int.Parse(text, CultureInfo.InvariantCulture)
        : null;
}
