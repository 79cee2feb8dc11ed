using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Cli.Demo;
using TsDb.Cli.Nodes;
using TsDb.Integration.Fleets;
using TsDb.Model;

namespace TsDb.Integration.Cluster;

/// <summary>
/// Erasure as a part of a fleet's day: points go from every answer at once, an edge that was down when
/// others were erased brings none of them back, and lifting shows them all again.
/// </summary>
internal sealed class ErasureSteps(TestFleet fleet)
{
    private const string Database = "default";
    private const string Count = "SELECT count(*) AS n FROM e";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private NodePlan Edge => fleet.Edges[0];

    /// <summary>Erases twice, the second time without the edge. Leaves 4 of 13 points to be seen.</summary>
    public async Task EraseAsync()
    {
        string lines = string.Concat(Enumerable.Range(0, 6).Select(n => string.Create(
            CultureInfo.InvariantCulture, $"e,host=a v={n}i {n}\ne,host=b v={n}i {n}\n")));
        await WriteAsync(lines);
        await fleet.DrainAsync(Edge);
        await SeesAsync(12, [Edge, .. fleet.Clouds]);
        CommandLine refused = await DeleteAsync("--before", "4");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("--all-series", refused.Errors, StringComparison.Ordinal);

        // Each node says so, whether it has leaves of the table or not.
        foreach (NodePlan node in fleet.Clouds)
        {
            TsDbException field = await Assert.ThrowsAsync<TsDbException>(() => AskAsync(
                node, HttpMethod.Post, "/api/v1/erasures?table=e&where=v%3D1&before=2030-01-01"));
            Assert.Contains("'v' is a field of default.e", field.Message, StringComparison.Ordinal);
        }

        CommandLine first = await DeleteAsync("--where", "host = 'a'", "--before", "4", "--wait", "60s");
        Assert.Equal((0, ""), (first.ExitCode, first.Errors));
        foreach (NodePlan node in (NodePlan[])[Edge, .. fleet.Clouds])
        {
            string line = first.Output.Split('\n').Single(
                l => l.Contains(node.Name, StringComparison.Ordinal));
            Assert.Contains("all changes applied", line, StringComparison.Ordinal);
        }

        await SeesAsync(8, [Edge, .. fleet.Clouds]);

        // A late point that is erased before it comes, and two that nobody has erased yet.
        await AskAsync(Edge, HttpMethod.Post, "/api/v1/ship/pause");
        await WriteAsync("e,host=a v=9i 1\ne,host=b v=9i -1\n");
        await SeesAsync(9, [Edge]);
        await fleet.Fleet.KillAsync(Edge, Ct);
        await fleet.Fleet.UntilAsync("the edge's silence is noticed", Soon, async () =>
            !(await fleet.Fleet.StatusAsync(fleet.Clouds[1], Ct))["edges"]!.AsArray().Single()!["online"]!
                .GetValue<bool>(), Ct);
        CommandLine second = await DeleteAsync("--where", "host=b", "--before", "4", "--wait", "0");
        Assert.Contains("has not said so yet", second.Output.Split('\n').Single(
            l => l.Contains(Edge.Name, StringComparison.Ordinal)), StringComparison.Ordinal);
        await fleet.Fleet.RestartAsync(Edge, Ct);

        // Whatever the edge has heard by now, no answer has the erased points.
        await fleet.Fleet.UntilAsync("the edge answers again", Soon, FreshAsync, Ct);
        await SeesAsync(4, [Edge]);
        await AskAsync(Edge, HttpMethod.Post, "/api/v1/ship/resume");
        await fleet.DrainAsync(Edge);
        await SeesAsync(4, fleet.Clouds);
        await fleet.Fleet.UntilAsync("the edge's word is in the receipt", Soon, async () =>
            (await AskAsync(fleet.Clouds[2], HttpMethod.Get, "/api/v1/erasures"))["edges"]!.AsArray()
                .Single()!["applied"]?.GetValue<long>() == 2, Ct);
    }

    /// <summary>Nodes that came, went and came back mask the same; then all is lifted.</summary>
    public async Task LiftAsync(NodePlan[] nodes)
    {
        await SeesAsync(4, nodes);
        foreach (string number in (string[])["1", "2"])
        {
            CommandLine lifted = await CommandLine.RunAsync(
                "delete", "lift", number, "--url", nodes[0].Url, "--wait", "60s");
            Assert.Equal((0, ""), (lifted.ExitCode, lifted.Errors));
            Assert.DoesNotContain("Masked means", lifted.Output, StringComparison.Ordinal);
        }

        // The late ones were late writes of new points; one of them had the key of an older one.
        await SeesAsync(13, [Edge, .. nodes]);
        CommandLine again = await CommandLine.RunAsync("delete", "lift", "1", "--url", nodes[0].Url);
        Assert.Equal(1, again.ExitCode);
    }

    private async Task<bool> FreshAsync()
    {
        try
        {
            Assert.Equal(4, await NumberAsync(fleet.Clouds[0], isFresh: true));
            return true;
        }
        catch (TsDbException e) when (e.Kind == ErrorKind.Unavailable)
        {
            return false;
        }
    }

    private async Task SeesAsync(long points, NodePlan[] nodes)
    {
        foreach (NodePlan node in nodes) Assert.Equal(points, await NumberAsync(node, isFresh: false));
    }

    private async Task<long> NumberAsync(NodePlan node, bool isFresh)
    {
        QueryCall call = new(Database, Count, "json")
        {
            Fresh = isFresh,
            EdgeTimeout = isFresh ? "20s" : null,
        };
        using HttpResponseMessage response = await fleet.Fleet.Client(node).QueryAsync(call, Ct);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(Ct))![0]!["n"]!.GetValue<long>();
    }

    private Task<CommandLine> DeleteAsync(params string[] more) => CommandLine.RunAsync(
        ["delete", "--url", fleet.Clouds[1].Url, "--db", Database, "--table", "e", .. more]);

    private async Task WriteAsync(string lines)
    {
        using HttpRequestMessage post =
            new(HttpMethod.Post, $"/write?db={Database}") { Content = new StringContent(lines) };
        using HttpResponseMessage response = await fleet.Fleet.Client(Edge).SendAsync(post, Ct);
        Assert.Equal(204, (int)response.StatusCode);
    }

    private Task<JsonNode> AskAsync(NodePlan node, HttpMethod method, string path) =>
        fleet.Fleet.Client(node).AskJsonAsync(method, path, Ct);
}
