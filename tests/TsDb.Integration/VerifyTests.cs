using System.Globalization;
using TsDb.Cli.Demo;
using TsDb.Cli.Nodes;
using TsDb.Integration.Fleets;
using TsDb.Model;

namespace TsDb.Integration;

/// <summary>
/// <c>tsdb verify</c> says equal, or what is missing; compaction at the edge changes neither.
/// </summary>
public sealed class VerifyTests
{
    private const int Shipments = 4;
    private const int PointsEach = 50;
    private const long StartNanoseconds = 1_700_000_000_000_000_000;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_shipment_that_the_cloud_lost_is_named_and_comes_back_even_after_compaction()
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        await using TestFleet fleet = await TestFleet.StartAsync(
            clouds: 1, edges: 1, cloudFlags: ["--compact-input", "0"], // so that a file is one shipment
            edgeFlags: ["--seal-age", "1h", "--ship-delay", "50ms", "--scrub-rate", "0"]);
        NodePlan edge = fleet.Edges[0], cloud = fleet.Clouds[0];
        for (int shipment = 0; shipment < Shipments; shipment++)
        {
            string lines = string.Concat(Enumerable.Range(shipment * PointsEach, PointsEach).Select(
                n => string.Create(CultureInfo.InvariantCulture, $"m v={n}i {StartNanoseconds + n}\n")));
            await TestFleet.WriteAsync(edge, new MemoryStream(System.Text.Encoding.UTF8.GetBytes(lines)));
            await fleet.DrainAsync();
        }

        await fleet.Fleet.UntilAsync("the edge has put its files together", Soon, async () =>
            (await fleet.Fleet.StatusAsync(edge, ct))["segments"]!["count"]!.GetValue<int>() == 1, ct);
        CommandLine equal = await VerifyAsync(edge, cloud);
        Assert.Equal(0, equal.ExitCode);
        Assert.Matches("(?m)^equal$", equal.Output);

        Assert.Equal(0, (await CommandLine.RunAsync("ship", "pause", "--url", edge.Url)).ExitCode);
        await fleet.Fleet.KillAsync(cloud, ct);
        string[] files = Directory.GetFiles(
            Path.Combine(fleet.Folder, cloud.Name), "*.parquet", SearchOption.AllDirectories);
        Assert.Equal(Shipments, files.Length);
        File.Delete(files.Order(StringComparer.Ordinal).ElementAt(1));
        await fleet.Fleet.RestartAsync(cloud, ct);
        CommandLine lacking = await VerifyAsync(edge, cloud);
        Assert.Equal(1, lacking.ExitCode);
        Assert.Contains("1 missing", lacking.Output, StringComparison.Ordinal);
        Assert.Contains($"{cloud.Name}: ", lacking.Output, StringComparison.Ordinal);

        // Nobody else has the rows: no answer is complete without them, and a partial one names the gap.
        Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<TsDbException>(
            () => fleet.NumberAsync(cloud, "SELECT count(*) AS n FROM m"))).Kind);
        using (HttpResponseMessage partial = await fleet.Fleet.Client(cloud).QueryAsync(
            new QueryCall("default", "SELECT count(*) AS n FROM m", "json") { AllowPartial = true }, ct))
        {
            string coverage = partial.Headers.GetValues("X-TsDb-Coverage").Single();
            Assert.Contains("\"complete\":false", coverage, StringComparison.Ordinal);
        }

        Assert.Equal(0, (await CommandLine.RunAsync("ship", "resume", "--url", edge.Url)).ExitCode);
        await fleet.Fleet.UntilAsync(
            "the rows are there again", Soon,
            async () => await fleet.NumberAsync(cloud, "SELECT count(*) AS n FROM m")
                == Shipments * PointsEach, ct);
        await fleet.DrainAsync();
        Assert.Equal(0, (await VerifyAsync(edge, cloud)).ExitCode);

        await SetOneAsideAsync(fleet, edge, cloud, ct);

        // Lost again, the newest, which holds the rows of the one before, and this time nobody gives it back.
        Assert.Equal(0, (await CommandLine.RunAsync("ship", "pause", "--url", edge.Url)).ExitCode);
        await fleet.Fleet.KillAsync(cloud, ct);
        File.Delete(Directory.GetFiles(
            Path.Combine(fleet.Folder, cloud.Name), "*.parquet", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).Last());
        await fleet.Fleet.RestartAsync(cloud, ct);
        await Assert.ThrowsAsync<TsDbException>(
            () => fleet.NumberAsync(cloud, "SELECT count(*) AS n FROM m"));
        CommandLine given = await CommandLine.RunAsync("cluster", "give-up", "--url", cloud.Url);
        Assert.Matches(@"segments given up\s+\|\s+1", given.Output);
        Assert.Equal(
            (Shipments - 1) * PointsEach, await fleet.NumberAsync(cloud, "SELECT count(*) AS n FROM m"));
    }

    // Of a table that comes before the other: its file at the edge is cut short before it is shipped.
    private static async Task SetOneAsideAsync(
        TestFleet fleet, NodePlan edge, NodePlan cloud, CancellationToken ct)
    {
        Assert.Equal(0, (await CommandLine.RunAsync("ship", "pause", "--url", edge.Url)).ExitCode);
        await TestFleet.WriteAsync(edge, new MemoryStream("a v=1i 1700000000000000000"u8.ToArray()));
        using (await fleet.Fleet.Client(edge).SendAsync(new(HttpMethod.Post, "/api/v1/flush"), ct)) { }
        string table = Path.Combine(fleet.Folder, edge.Name, "segments", "default", "a");
        File.WriteAllBytes(
            Directory.GetFiles(table, "*.parquet", SearchOption.AllDirectories).Single(), "PAR1"u8);
        Assert.Equal(0, (await CommandLine.RunAsync("ship", "resume", "--url", edge.Url)).ExitCode);
        await fleet.Fleet.UntilAsync("the shipment is set aside", Soon, async () =>
            (await fleet.Fleet.StatusAsync(edge, ct))["ship"]!["quarantined"]!.GetValue<int>() == 1, ct);
        CommandLine aside = await VerifyAsync(edge, cloud);
        Assert.Equal(1, aside.ExitCode);
        Assert.Contains("0 on their way, 1 set aside", aside.Output, StringComparison.Ordinal);
        Assert.Matches(@"set aside: \S*default\S*a\S* .*ends at offset 4", aside.Output);
        Assert.DoesNotMatch("(?m)^equal", aside.Output);
    }

    private static Task<CommandLine> VerifyAsync(NodePlan edge, NodePlan cloud) =>
        CommandLine.RunAsync("verify", "--url", edge.Url, "--cloud", cloud.Url);
}
