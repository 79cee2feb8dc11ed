using TsDb.Cli.Demo;
using TsDb.Integration.Fleets;

namespace TsDb.Integration;

/// <summary>What there is can be listed at an edge and in the cloud, and what is lost is said.</summary>
public sealed class ListingTests
{
    private const string Columns = "SELECT table_name, column_name, ordinal_position, data_type "
        + "FROM information_schema.columns ORDER BY table_name, ordinal_position";

    [Fact]
    public async Task Tables_and_columns_are_listed_alike_at_an_edge_and_at_every_cloud_node()
    {
        await using TestFleet fleet = await TestFleet.StartAsync(clouds: 3, edges: 1);
        NodePlan edge = fleet.Edges[0];
        foreach (NodePlan node in fleet.Clouds) await HearsAllAsync(fleet, node);
        foreach (NodePlan node in fleet.Clouds.Append(edge))
        {
            Assert.Equal("", await NamesAsync(fleet, node, "SHOW TABLES"));
            await HasServiceNameAsync(fleet, node);
        }

        await TestFleet.WriteAsync(
            edge, new MemoryStream("cpu,host=a v=1,n=2i 1\nmem,host=a used=3u 2\n"u8.ToArray()));
        await TestFleet.WriteAsync(edge, new MemoryStream("other v=1 1\n"u8.ToArray()), "second");
        await fleet.DrainAsync();
        string columns = await NamesAsync(fleet, edge, Columns);
        Assert.StartsWith("cpu,time,1,TIMESTAMP_NS;cpu,edge,2,VARCHAR;cpu,host,3,VARCHAR;cpu,n,4,BIGINT;",
            columns, StringComparison.Ordinal);
        foreach (NodePlan node in fleet.Clouds.Append(edge))
        {
            Assert.Equal("cpu;mem", await NamesAsync(fleet, node, "SHOW TABLES"));
            Assert.Equal("other", await NamesAsync(fleet, node, "SHOW TABLES FROM second"));
            Assert.Equal("default;second", await NamesAsync(fleet, node, "SHOW DATABASES"));
            Assert.Equal(columns, await NamesAsync(fleet, node, Columns));
            Assert.Equal(
                "time;edge;host;used",
                await NamesAsync(fleet, node, "SELECT column_name FROM (DESCRIBE mem)"));
        }
    }

    [Fact]
    public async Task An_edge_starts_without_a_segment_file_and_says_what_it_lacks()
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        await using TestFleet fleet = await TestFleet.StartAsync(clouds: 1, edges: 1);
        NodePlan edge = fleet.Edges[0];
        await TestFleet.WriteAsync(edge, new MemoryStream("gone v=1 1\nstays v=1 1\n"u8.ToArray()));
        await fleet.DrainAsync();
        await fleet.Fleet.KillAsync(edge, ct);
        string segments = Path.Combine(fleet.Folder, edge.Name, "segments");
        string file = Directory.GetFiles(segments, "*", SearchOption.AllDirectories)
            .Single(path => path.Contains("gone", StringComparison.Ordinal));
        File.Move(file, Path.Combine(fleet.Folder, "kept"));
        await fleet.Fleet.RestartAsync(edge, ct);
        Assert.Equal(1, await fleet.NumberAsync(edge, "SELECT count(*) AS n FROM stays"));
        Assert.Contains("gone", (await fleet.Fleet.StatusAsync(edge, ct))["segments"]!["set_aside"]!
            .ToJsonString(), StringComparison.Ordinal);
        string[] query = ["query", "--url", edge.Url, "--format", "csv", "SELECT count(*) AS n FROM gone"];
        CommandLine refused = await CommandLine.RunAsync(query);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("lacks segments/", refused.Errors, StringComparison.Ordinal);
        CommandLine partial = await CommandLine.RunAsync([.. query, "--allow-partial"]);
        Assert.Equal((0, "n\n0\n"), (partial.ExitCode, partial.Output));
        Assert.Contains("incomplete", partial.Errors, StringComparison.Ordinal);
        await fleet.Fleet.KillAsync(edge, ct);
        File.Move(Path.Combine(fleet.Folder, "kept"), file);
        await fleet.Fleet.RestartAsync(edge, ct);
        Assert.Equal(1, await fleet.NumberAsync(edge, "SELECT count(*) AS n FROM gone"));
    }

    private static Task HearsAllAsync(TestFleet fleet, NodePlan node)
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        return fleet.Fleet.UntilAsync(
            $"{node.Name} hears the others",
            TimeSpan.FromSeconds(30),
            async () => (await fleet.Fleet.StatusAsync(node, ct))["members"]!.AsArray()
                .Count(member => (string?)member!["state"] == "alive") == fleet.Clouds.Length,
            ct);
    }

    private static async Task HasServiceNameAsync(TestFleet fleet, NodePlan node)
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        using HttpRequestMessage request = new(HttpMethod.Get, "/metrics");
        using HttpResponseMessage response = await fleet.Fleet.Client(node).SendAsync(request, ct);
        string text = await response.Content.ReadAsStringAsync(ct);
        string name = node.IsCloud ? "tsdb-cloud" : "tsdb-edge";
        Assert.Contains($"service_name=\"{name}\",", text, StringComparison.Ordinal);
        Assert.Contains($"service_instance_id=\"{node.Name}\"", text, StringComparison.Ordinal);
    }

    private static async Task<string> NamesAsync(TestFleet fleet, NodePlan node, string sql) => string.Join(
        ';',
        (await fleet.AskAsync(node, sql)).Select(row =>
            string.Join(',', row.EnumerateObject().Select(cell => cell.Value.ToString()))));
}
