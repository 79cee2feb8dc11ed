using System.Globalization;
using TsDb.Cli.Demo;
using TsDb.Integration.Fleets;
using TsDb.Model;

namespace TsDb.Integration.Networks;

/// <summary>Real machines' worth of network: a silent cut, and what each side may say meanwhile.</summary>
public sealed class PartitionTests
{
    private const int PointsPerWrite = 100;
    private const long Start = 1_700_000_000_000_000_000;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan NoWordFor = TimeSpan.FromSeconds(6);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_minority_answers_and_acknowledges_nothing_by_quorum_and_heals_by_itself()
    {
        using TestNetwork network = new();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-network-");
        await using TestFleet fleet = await TestFleet.StartAsync(
            folder, NetworkPlan.Of(network, folder.FullName, clouds: 3, edges: 2));
        NodePlan[] clouds = fleet.Clouds;
        NodePlan[] edges = fleet.Edges;
        foreach (NodePlan edge in edges) await WriteAsync(edge, 0);
        await fleet.DrainAsync();
        await CountsAsync(fleet, clouds, 2 * PointsPerWrite);

        network.Isolate(clouds[0].Name, edges[0].Name);
        await fleet.Fleet.UntilAsync("the minority answers no quorum", Soon, async () =>
        {
            try
            {
                await CountAsync(fleet, clouds[0], "quorum");
                return false;
            }
            catch (TsDbException e) when (e.Kind is ErrorKind.Unavailable or ErrorKind.Deadline)
            {
                return true;
            }
        }, Ct);
        Assert.Equal(2 * PointsPerWrite, await CountAsync(fleet, clouds[0], "one"));
        await fleet.Fleet.UntilAsync("the majority answers", Soon, async () =>
            await CountAsync(fleet, clouds[1], "quorum") == 2 * PointsPerWrite, Ct);

        // What the minority's edge ships lies at one of three: that is not durable.
        await WriteAsync(edges[0], 1);
        await WriteAsync(edges[1], 1);
        await fleet.DrainAsync(edges[1]);
        await CountsAsync(fleet, clouds[1..], 3 * PointsPerWrite);
        await Task.Delay(NoWordFor, TimeProvider.System, Ct);
        Assert.NotEqual(0, await PendingAsync(fleet, edges[0]));
        await Assert.ThrowsAsync<TsDbException>(() => CountAsync(fleet, clouds[0], "quorum"));

        network.Heal();
        await fleet.DrainAsync();
        await CountsAsync(fleet, clouds, 4 * PointsPerWrite);
    }

    private static async Task CountsAsync(TestFleet fleet, NodePlan[] nodes, long expected)
    {
        foreach (NodePlan node in nodes)
        {
            await fleet.Fleet.UntilAsync($"{node.Name} counts {expected}", Soon, async () =>
                await CountAsync(fleet, node, "quorum") == expected, Ct);
        }
    }

    private static Task<long> CountAsync(TestFleet fleet, NodePlan node, string consistency) =>
        fleet.NumberAsync(node, "SELECT count(*) AS n FROM m", consistency);

    private static async Task<long> PendingAsync(TestFleet fleet, NodePlan edge) =>
        (await fleet.Fleet.StatusAsync(edge, Ct))["ship"]!["segments_pending"]!.GetValue<long>();

    private static Task WriteAsync(NodePlan edge, int number)
    {
        string lines = string.Concat(Enumerable.Range(number * PointsPerWrite, PointsPerWrite)
            .Select(n => string.Create(
                CultureInfo.InvariantCulture, $"m v={n}i {Start + (n * 1_800_000_000_000)}\n")));
        return TestFleet.WriteAsync(edge, new MemoryStream(System.Text.Encoding.UTF8.GetBytes(lines)));
    }
}
