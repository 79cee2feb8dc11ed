using System.Globalization;
using System.Text;
using System.Text.Json;
using TsDb.Cli.Demo;
using TsDb.Cli.Nodes;
using TsDb.Integration.Fleets;
using TsDb.Model;

namespace TsDb.Integration.Versions;

/// <summary>
/// A fleet that goes over from an older build of the programs to this one, node by node and edge by edge,
/// each on its own data directory. <c>make mixed OLD=COMMIT</c>; the trait keeps it out of <c>make test</c>.
/// </summary>
public sealed class MixedTests(ITestOutputHelper output)
{
    private const int LinesPerRound = 500;
    private const int LinesFresh = 10;
    private const long Start = 1_700_000_000_000_000_000;
    private static readonly TimeSpan MeetWithin = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, NodePlan> _now = [];
    private long _written;
    private bool _isFreshKnown;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Campaign", "mixed")]
    public async Task A_fleet_goes_over_to_the_new_programs_and_every_point_is_counted_once()
    {
        string old = Environment.GetEnvironmentVariable("TSDB_MIXED_OLD")
            ?? throw new InvalidOperationException("make mixed says where the older programs are");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-mixed-");
        FleetPlan plan = FleetPlan.OnFreePorts(folder.FullName, clouds: 3, edges: 4);
        // Edge 2 is new from the first moment; edge 4 stays old to the end.
        plan = plan with
        {
            Nodes = [.. plan.Nodes.Select(n => n.Name == "edge-2" ? n : n with { Programs = old })],
        };
        foreach (NodePlan node in plan.Nodes) _now[node.Name] = node;
        await using TestFleet fleet = await TestFleet.StartAsync(folder, plan);
        await RoundAsync(fleet, "old nodes; edges old, new, old, old");
        _isFreshKnown = await CountAsync(fleet, fleet.Clouds[0], "quorum", isFresh: true) == _written;
        if (!_isFreshKnown) output.WriteLine("the old programs know no fresh questions");

        bool areMixed = await MeetAsync(fleet, fleet.Clouds[0]);
        if (areMixed)
        {
            await RoundAsync(fleet, "one new node among two old ones");
            await RenewAsync(fleet, fleet.Clouds[1]);
            await RoundAsync(fleet, "two new nodes and an old one");
            await RenewAsync(fleet, fleet.Clouds[2]);
        }
        else
        {
            await RenewAsync(fleet, fleet.Clouds[1]);
            await RenewAsync(fleet, fleet.Clouds[2]);
        }

        await RoundAsync(fleet, "new nodes; edges old, new, old, old");
        await RenewAsync(fleet, fleet.Edges[0]);
        await RenewAsync(fleet, fleet.Edges[2]);
        await RoundAsync(fleet, "new nodes; edges new, new, new, old");

        // Once more from the disks alone, all at once.
        foreach (NodePlan node in fleet.Clouds) await fleet.Fleet.KillAsync(_now[node.Name], Ct);
        foreach (NodePlan node in fleet.Clouds) fleet.Fleet.Launch(_now[node.Name]);
        foreach (NodePlan node in fleet.Clouds) await fleet.Fleet.Processes[node.Name].ReadyAsync(Ct);
        await RoundAsync(fleet, "the same, started anew together");
    }

    // What each edge is given is counted at every node; then what no edge has shipped is asked for, too.
    private async Task RoundAsync(TestFleet fleet, string who)
    {
        foreach (NodePlan edge in fleet.Edges) await WriteAsync(edge, LinesPerRound);
        await fleet.DrainAsync();
        foreach (NodePlan node in fleet.Clouds)
        {
            await fleet.Fleet.UntilAsync(
                $"{node.Name} counts {_written}",
                MeetWithin,
                async () => await CountAsync(fleet, node, "all", isFresh: false) == _written,
                Ct);
        }

        output.WriteLine($"{who}: {_written} points at every node");
        foreach (NodePlan edge in fleet.Edges) await WriteAsync(edge, LinesFresh);
        if (!_isFreshKnown) return;
        foreach (NodePlan node in fleet.Clouds)
            Assert.Equal(_written, await CountAsync(fleet, node, "quorum", isFresh: true));
        output.WriteLine($"{who}: {_written} with what the edges have not shipped");
    }

    // False if the cluster's protocol is another one: then the node waits, says so, and the others go on.
    private async Task<bool> MeetAsync(TestFleet fleet, NodePlan node)
    {
        await RenewAsync(fleet, node);
        try
        {
            await fleet.Fleet.UntilAsync(
                $"{node.Name} hears a leader of the others",
                MeetWithin,
                async () => (await fleet.Fleet.StatusAsync(node, Ct))["cluster"]?["leader"] is not null,
                Ct);
            return true;
        }
        catch (TsDbException e) when (e.Kind == ErrorKind.Deadline)
        {
            string log = await File.ReadAllTextAsync(fleet.Fleet.Processes[node.Name].LogPath, Ct);
            Assert.Contains("cluster protocol", log, StringComparison.Ordinal);
            output.WriteLine($"the old nodes speak another cluster protocol, and {node.Name} says so");
            return false;
        }
    }

    private async Task RenewAsync(TestFleet fleet, NodePlan node)
    {
        await fleet.Fleet.Processes[node.Name].StopAsync(Ct);
        _now[node.Name] = node with { Programs = "" };
        await fleet.Fleet.RestartAsync(_now[node.Name], Ct);
    }

    private static async Task<long> CountAsync(
        TestFleet fleet, NodePlan node, string consistency, bool isFresh)
    {
        QueryCall call = new("default", "SELECT count(*) AS n FROM m", "json")
        {
            Consistency = consistency, Fresh = isFresh, EdgeTimeout = isFresh ? "20s" : null,
        };
        using HttpResponseMessage response = await fleet.Fleet.Client(node).QueryAsync(call, Ct);
        using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Ct));
        return answer.RootElement.EnumerateArray().Single().GetProperty("n").GetInt64();
    }

    private async Task WriteAsync(NodePlan edge, int count)
    {
        StringBuilder lines = new();
        for (int i = 0; i < count; i++, _written++)
        {
            long time = Start + (_written * 1_000_000_000L);
            lines.Append(CultureInfo.InvariantCulture, $"m,host={edge.Name} v={i},u={i}i {time}\n");
        }

        await TestFleet.WriteAsync(edge, new MemoryStream(Encoding.UTF8.GetBytes(lines.ToString())));
    }
}
