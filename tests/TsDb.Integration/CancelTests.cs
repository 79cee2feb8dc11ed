using System.Globalization;
using System.Text;
using TsDb.Cli.Demo;
using TsDb.Cli.Nodes;
using TsDb.Integration.Fleets;

namespace TsDb.Integration;

/// <summary>When whoever asked goes away, the work ends on every node and every edge. Runs by itself: it
/// measures how soon.</summary>
[CollectionDefinition(nameof(CancelTests), DisableParallelization = true)]
[Collection(nameof(CancelTests))]
public sealed class CancelTests
{
    private const int RowsPerEdge = 40_000;
    private const int Days = 6;
    private const long StartNanoseconds = 1_700_000_000_000_000_000;
    private const long DayNanoseconds = 86_400_000_000_000;

    private static readonly TimeSpan BegunWithin = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan OverWithin = TimeSpan.FromSeconds(5);

    // Many seconds of work where the rows are, in steps that can be interrupted.
    private static readonly string Heavy = "SELECT sum(length("
        + string.Concat(Enumerable.Repeat("sha256(", 400)) + "v::VARCHAR" + new string(')', 400)
        + ")) AS s FROM heavy";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_that_goes_away_ends_its_query_on_all_nodes_and_edges()
    {
        await using TestFleet fleet = await TestFleet.StartAsync(
            clouds: 2, edges: 2, ["--replication", "1"], ["--seal-age", "1h", "--ship-delay", "1h"]);
        foreach (NodePlan edge in fleet.Edges) await WriteAsync(edge);
        await fleet.Fleet.UntilAsync(
            "the cloud knows both edges", TimeSpan.FromSeconds(60), () => KnowsEdgesAsync(fleet), Ct);
        await CancelAsync(fleet, isFresh: true, fleet.Edges);
        await fleet.DrainAsync();
        await CancelAsync(fleet, isFresh: false, fleet.Clouds);
    }

    // An edge is asked once it has greeted; whoever asks before that is answered without it.
    private static async Task<bool> KnowsEdgesAsync(TestFleet fleet)
    {
        QueryCall call = new("default", "SELECT count(*) AS n FROM heavy", "csv") { Fresh = true };
        using HttpResponseMessage answer = await fleet.Fleet.Client(fleet.Clouds[0]).QueryAsync(call, Ct);
        string text = await answer.Content.ReadAsStringAsync(Ct);
        return text.Contains(
            (fleet.Edges.Length * RowsPerEdge).ToString(CultureInfo.InvariantCulture),
            StringComparison.Ordinal);
    }

    private static async Task CancelAsync(TestFleet fleet, bool isFresh, NodePlan[] workers)
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        using CancellationTokenSource client = CancellationTokenSource.CreateLinkedTokenSource(ct);
        QueryCall call = new("default", Heavy, "json") { Fresh = isFresh, EdgeTimeout = "50s" };
        Task<HttpResponseMessage> asking =
            fleet.Fleet.Client(fleet.Clouds[0]).QueryAsync(call, client.Token);
        foreach (NodePlan worker in workers)
        {
            await fleet.Fleet.UntilAsync(
                $"{worker.Name} works",
                BegunWithin,
                async () =>
                {
                    if (asking.IsCompleted) Assert.Fail(await (await asking).Content.ReadAsStringAsync(ct));
                    return await RunningAsync(fleet, worker) > 0;
                },
                ct);
        }

        Assert.False(asking.IsCompleted);
        await client.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        foreach (NodePlan node in fleet.Clouds.Concat(fleet.Edges))
        {
            await fleet.Fleet.UntilAsync(
                $"{node.Name} has stopped", OverWithin, async () => await RunningAsync(fleet, node) == 0, ct);
        }
    }

    private static async Task<int> RunningAsync(TestFleet fleet, NodePlan node)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/metrics");
        using HttpResponseMessage answer =
            await fleet.Fleet.Client(node).SendAsync(request, TestContext.Current.CancellationToken);
        string text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        string line = text.Split('\n').First(
            line => line.StartsWith("tsdb_queries_running", StringComparison.Ordinal));
        return (int)double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    private static async Task WriteAsync(NodePlan edge)
    {
        StringBuilder lines = new();
        for (int i = 0; i < RowsPerEdge; i++)
        {
            long time = StartNanoseconds + (i % Days * DayNanoseconds) + i;
            lines.Append(CultureInfo.InvariantCulture, $"heavy,host=h{i % 10} v={i}i {time}\n");
        }

        using MemoryStream stream = new(Encoding.ASCII.GetBytes(lines.ToString()));
        await TestFleet.WriteAsync(edge, stream);
    }
}
