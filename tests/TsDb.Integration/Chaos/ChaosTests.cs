using System.Globalization;
using TsDb.Cli.Demo;
using TsDb.Integration.Fleets;
using TsDb.Integration.Networks;

namespace TsDb.Integration.Chaos;

/// <summary>
/// A cluster under ingest and query while nodes die, freeze, are cut off, lose their disks, join and leave.
/// <c>make chaos MINUTES=10 NODES=3</c>; the trait keeps it out of <c>make test</c>.
/// </summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    private const int KnownPoints = 20_000;
    private const int EdgesCount = 2;
    private const long Start = 1_700_000_000_000_000_000;
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan SettleWithin = TimeSpan.FromMinutes(5);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Campaign", "chaos")]
    public async Task What_was_acknowledged_is_counted_after_a_storm_and_no_answer_is_wrong()
    {
        int minutes = Asked("TSDB_CHAOS_MINUTES") ?? 10;
        int nodes = Asked("TSDB_CHAOS_NODES") ?? 3;
        int seed = Asked("TSDB_CHAOS_SEED") ?? 1;
        using TestNetwork network = new();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-chaos-");
        await using TestFleet fleet = await TestFleet.StartAsync(
            folder, NetworkPlan.Of(network, folder.FullName, nodes, EdgesCount));
        await TestFleet.WriteAsync(fleet.Edges[0], KnownLines());
        await fleet.DrainAsync();
        ChaosStorm storm = new(fleet, network, new Random(seed), output);
        NumberedWriter[] writers =
        [
            .. fleet.Edges.Select(e => new HttpNumberedWriter(e.Name, fleet.Fleet.Client(e)) { Rest = Rest }),
        ];
        using CancellationTokenSource stop = new();
        Task[] writing = [.. writers.Select(writer => WriteAsync(writer, stop.Token))];
        ChaosQueries[] queries =
            [new(storm, "one", KnownPoints), new(storm, "quorum", KnownPoints)];
        Task[] asking = [.. queries.Select(asked => asked.RunAsync(stop.Token))];
        await storm.RunAsync(TimeSpan.FromMinutes(minutes), Ct);
        await stop.CancelAsync();
        await Task.WhenAll([.. writing, .. asking]);

        TimeProvider clock = TimeProvider.System;
        long calm = clock.GetTimestamp();
        await storm.SettleAsync(SettleWithin, Ct);
        output.WriteLine($"whole again {clock.GetElapsedTime(calm).TotalSeconds:0.0} s after the storm");
        await fleet.DrainAsync();
        long acknowledged = writers.Sum(writer => writer.Acknowledged);
        foreach (NodePlan node in storm.Members)
        {
            Assert.Equal(acknowledged, await CountAsync(fleet, node, "load"));
            Assert.Equal(KnownPoints, await CountAsync(fleet, node, "known"));
        }

        output.WriteLine($"acknowledged {acknowledged} points, counted {acknowledged} at each node");
        foreach (ChaosQueries asked in queries) output.WriteLine(asked.Report);
        output.WriteLine(storm.Report);
        Assert.All(queries, asked => Assert.Empty(asked.Wrong));
    }

    // An edge that has no room for a moment gets the same points again.
    private static async Task WriteAsync(NumberedWriter writer, CancellationToken stop)
    {
        do
        {
            await writer.RunAsync(stop);
            await writer.FinishAsync(Ct);
        }
        while (!stop.IsCancellationRequested);
    }

    private static Task<long> CountAsync(TestFleet fleet, NodePlan node, string table) =>
        fleet.NumberAsync(node, $"SELECT count(*) AS n FROM {table}", "all");

    private static MemoryStream KnownLines() => new(System.Text.Encoding.UTF8.GetBytes(string.Concat(
        Enumerable.Range(0, KnownPoints).Select(n => string.Create(
            CultureInfo.InvariantCulture,
            $"known,host=h{n % 10} v={n}i {Start + (n * 40_000_000_000L)}\n")))));

    private static int? Asked(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text
        ? int.Parse(text, CultureInfo.InvariantCulture)
        : null;
}
