using System.Globalization;
using System.Text;
using System.Text.Json;
using TsDb.Cli.Demo;
using TsDb.Integration.Fleets;
using TsDb.Model;

namespace TsDb.Integration;

/// <summary>One of three cloud nodes is killed, and later another is frozen, under load and query: no wrong
/// answer, a short gap at most.</summary>
public sealed class CloudFaultTests
{
    private const int KnownPoints = 20_000;
    private const long StartNanoseconds = 1_700_000_000_000_000_000;

    /// <summary>An error that names what is missing is allowed for this long after the fault.</summary>
    private static readonly TimeSpan GapMax = TimeSpan.FromSeconds(15);

    /// <summary>Between two questions: what takes part is watched, not worn out.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task A_cloud_node_killed_or_frozen_for_thirty_seconds_leaves_no_wrong_answer_and_catches_up()
    {
        await using TestFleet fleet = await PrepareAsync();
        await KillAsync(fleet);
        await FreezeAsync(fleet);
    }

    private static async Task KillAsync(TestFleet fleet)
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        NodePlan victim = fleet.Clouds[1];
        await using Load load = new(fleet, "killed");
        await fleet.Fleet.KillAsync(victim, ct);
        await WatchAsync(fleet, [fleet.Clouds[0], fleet.Clouds[2]], TimeSpan.FromSeconds(20));
        await fleet.Fleet.RestartAsync(victim, ct);
        await WatchAsync(fleet, [fleet.Clouds[0], fleet.Clouds[2]], TimeSpan.FromSeconds(5));
        await EndAsync(fleet, load);
    }

    private static async Task FreezeAsync(TestFleet fleet)
    {
        NodePlan victim = fleet.Clouds[0];
        await using Load load = new(fleet, "frozen");
        fleet.Fleet.Processes[victim.Name].Pause();
        try
        {
            await WatchAsync(fleet, [fleet.Clouds[1], fleet.Clouds[2]], TimeSpan.FromSeconds(30));
        }
        finally
        {
            fleet.Fleet.Processes[victim.Name].Resume();
        }

        await EndAsync(fleet, load);
    }

    private static async Task<TestFleet> PrepareAsync()
    {
        TestFleet fleet = await TestFleet.StartAsync(clouds: 3, edges: 2);
        StringBuilder lines = new();
        for (int n = 0; n < KnownPoints; n++)
        {
            lines.Append(
                CultureInfo.InvariantCulture,
                $"known,host=h{n % 10} v={n}i {StartNanoseconds + (n * 40_000_000_000L)}\n");
        }

        await TestFleet.WriteAsync(fleet.Edges[0],
            new MemoryStream(Encoding.UTF8.GetBytes(lines.ToString())));
        await fleet.DrainAsync();
        return fleet;
    }

    /// <summary>Asks the live nodes in turn; answers must be exact, and after the gap none may
    /// fail.</summary>
    private static async Task WatchAsync(TestFleet fleet, NodePlan[] nodes, TimeSpan time)
    {
        TimeProvider clock = TimeProvider.System;
        DateTimeOffset start = clock.GetUtcNow();
        int answers = 0;
        while (clock.GetUtcNow() - start < time)
        {
            NodePlan node = nodes[answers % nodes.Length];
            try
            {
                JsonElement row =
                    (await fleet.AskAsync(node, "SELECT count(*) AS n, sum(v) AS s FROM known")).Single();
                Assert.Equal(KnownPoints, row.GetProperty("n").GetInt64());
                Assert.Equal((long)KnownPoints * (KnownPoints - 1) / 2, row.GetProperty("s").GetInt64());
                answers++;
            }
            catch (TsDbException e) when (clock.GetUtcNow() - start < GapMax)
            {
                TestContext.Current.SendDiagnosticMessage($"{node.Name}: {e.Message}");
            }

            await Task.Delay(Pause, clock, TestContext.Current.CancellationToken);
        }

        Assert.True(answers > 0, "no node answered");
    }

    private static async Task EndAsync(TestFleet fleet, Load load)
    {
        long acknowledged = await load.StopAsync();
        string question = $"SELECT count(*) AS n FROM {load.Table}";
        await fleet.DrainAsync();
        CancellationToken ct = TestContext.Current.CancellationToken;
        foreach (NodePlan cloud in fleet.Clouds)
        {
            await fleet.Fleet.UntilAsync(
                $"{cloud.Name} counts what was acknowledged",
                TimeSpan.FromSeconds(60),
                async () =>
                    await fleet.NumberAsync(cloud, question, "all") == acknowledged,
                ct);
            Assert.Equal(acknowledged, await fleet.NumberAsync(cloud, question));
        }
    }

    /// <summary>Writes to both edges all the while, counting what was acknowledged.</summary>
    private sealed class Load : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task[] _writers;
        private long _acknowledged;

        public Load(TestFleet fleet, string table)
        {
            Table = table;
            _writers = [.. fleet.Edges.Select(RunAsync)];
        }

        public string Table { get; }

        public async Task<long> StopAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAll(_writers);
            return _acknowledged;
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            _stop.Dispose();
        }

        private async Task RunAsync(NodePlan edge)
        {
            using PeriodicTimer pace = new(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            for (long n = 0; !_stop.IsCancellationRequested; n += 100)
            {
                StringBuilder lines = new();
                for (long i = n; i < n + 100; i++)
                {
                    lines.Append(
                        CultureInfo.InvariantCulture,
                        $"{Table},host={edge.Name} v={i}i {StartNanoseconds + (i * 1_000_000)}\n");
                }

                await TestFleet.WriteAsync(edge, new MemoryStream(Encoding.UTF8.GetBytes(lines.ToString())));
                Interlocked.Add(ref _acknowledged, 100);
                await pace.WaitForNextTickAsync(CancellationToken.None);
            }
        }
    }
}
