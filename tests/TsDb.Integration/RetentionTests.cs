using System.Globalization;
using TsDb.Cli.Demo;
using TsDb.Integration.Fleets;

namespace TsDb.Integration;

/// <summary>An edge that may drop what it shipped asks the cloud once more, and keeps it without an
/// answer.</summary>
public sealed class RetentionTests
{
    private const int PointsPerRequest = 50;
    private const int AttemptsMax = 8;
    private const long StartNanoseconds = 1_700_000_000_000_000_000;

    // Two turns of the worker and more.
    private static readonly TimeSpan TurnsOfRetention = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task What_was_shipped_goes_only_after_the_cloud_was_asked_once_more()
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        await using TestFleet fleet = await TestFleet.StartAsync(
            clouds: 1, edges: 1,
            edgeFlags: ["--seal-age", "200ms", "--ship-delay", "50ms", "--retain", "1s"]);
        NodePlan edge = fleet.Edges[0], cloud = fleet.Clouds[0];
        int sent = 0;
        await SendAsync(fleet, edge, sent++, ct);
        await fleet.Fleet.UntilAsync(
            "it is dropped", Soon, async () => await SegmentsAsync(fleet, ct) == 0, ct);

        // Durable, and the cloud dies before retention comes by.
        for (int attempt = 0; await SegmentsAsync(fleet, ct) == 0; attempt++)
        {
            Assert.True(attempt < AttemptsMax, "retention was always faster");
            await SendAsync(fleet, edge, sent++, ct);
            await fleet.DrainAsync();
        }

        await fleet.Fleet.KillAsync(cloud, ct);
        await Task.Delay(TurnsOfRetention, TimeProvider.System, ct);
        Assert.NotEqual(0, await SegmentsAsync(fleet, ct));
        await fleet.Fleet.RestartAsync(cloud, ct);
        await fleet.Fleet.UntilAsync(
            "it is dropped when the cloud is back", Soon, async () => await SegmentsAsync(fleet, ct) == 0,
            ct);
        Assert.Equal(
            sent * PointsPerRequest, await fleet.NumberAsync(cloud, "SELECT count(*) AS n FROM m"));
    }

    private static async Task SendAsync(TestFleet fleet, NodePlan edge, int request, CancellationToken ct)
    {
        string lines = string.Concat(Enumerable.Range(request * PointsPerRequest, PointsPerRequest)
            .Select(n => string.Create(CultureInfo.InvariantCulture, $"m v={n}i {StartNanoseconds + n}\n")));
        using HttpRequestMessage post =
            new(HttpMethod.Post, "/write?db=default") { Content = new StringContent(lines) };
        using HttpResponseMessage response = await fleet.Fleet.Client(edge).SendAsync(post, ct);
        Assert.Equal(204, (int)response.StatusCode);
        await fleet.Fleet.UntilAsync("it is sealed", Soon, async () =>
            (await fleet.Fleet.StatusAsync(edge, ct))["buffer"]!["rows"]!.GetValue<long>() == 0, ct);
    }

    private static async Task<long> SegmentsAsync(TestFleet fleet, CancellationToken ct) =>
        (await fleet.Fleet.StatusAsync(fleet.Edges[0], ct))["segments"]!["count"]!.GetValue<long>();
}
