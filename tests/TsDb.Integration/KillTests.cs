using System.Globalization;
using System.Text.Json;
using TsDb.Cli.Demo;
using TsDb.Integration.Fleets;

namespace TsDb.Integration;

/// <summary>
/// Kill -9 in the middle of things, with writers over HTTP and MQTT, seals, cuts and shipments: what was
/// acknowledged is there, once.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int WritersOfAKind = 2;

    // Numbers from 0, each once, have these sums: to count the distinct ones of a whole campaign takes more
    // memory than a statement at an edge is allowed.
    private const long Modulus = 1_000_003;

    /// <summary>Kills in a run; a campaign (make kills) sets TSDB_TEST_KILLS to 100 and more.</summary>
    private static int Kills => int.Parse(
        Environment.GetEnvironmentVariable("TSDB_TEST_KILLS") ?? "6", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Killing_the_edge_at_random_moments_loses_and_doubles_nothing()
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        await using TestFleet fleet = await TestFleet.StartAsync(
            clouds: 1, edges: 1,
            edgeFlags: ["--seal-age", "300ms", "--seal-bytes", "256KiB", "--ship-delay", "200ms"]);
        NodePlan edge = fleet.Edges[0];
        Random random = new(20_260_101);
        NumberedWriter[] writers =
        [
            .. Enumerable.Range(0, WritersOfAKind).SelectMany(n => new NumberedWriter[]
            {
                new HttpNumberedWriter($"http{n}", fleet.Fleet.Client(edge)),
                new MqttNumberedWriter($"mqtt{n}", $"mqtt://{edge.Mqtt}"),
            }),
        ];
        long openMost = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            using CancellationTokenSource stop = new();
            Task[] writing = [.. writers.Select(writer => writer.RunAsync(stop.Token))];
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(20, 2_500)), TimeProvider.System, ct);
            await fleet.Fleet.KillAsync(edge, ct);
            await stop.CancelAsync();
            await Task.WhenAll(writing);
            await fleet.Fleet.RestartAsync(edge, ct);
            openMost = Math.Max(openMost, await RequireAsync(fleet, edge, writers, isFinished: false));
        }

        foreach (NumberedWriter writer in writers) await writer.FinishAsync(ct);
        await fleet.DrainAsync();
        await RequireAsync(fleet, edge, writers, isFinished: true);
        await RequireAsync(fleet, fleet.Clouds[0], writers, isFinished: true);
        long count = writers.Sum(writer => writer.Acknowledged);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Kills} kills, {count} points acknowledged by {writers.Length} writers, each found once at "
            + $"edge and cloud; at most {openMost} points of requests left open were there too"));
    }

    /// <summary>Compares what a node has of each writer with what it was told; the points beyond.</summary>
    private static async Task<long> RequireAsync(
        TestFleet fleet, NodePlan node, NumberedWriter[] writers, bool isFinished)
    {
        if (writers.All(writer => writer.Acknowledged == 0)) return 0; // There may be no table yet.
        JsonElement[] rows = await fleet.AskAsync(
            node,
            $"SELECT writer, count(*) AS n, min(v) AS least, max(v) AS most, sum(v) AS total, "
                + $"sum(v * v % {Modulus}) AS mixed, sum(CAST(v * 4 = w * 16 AS BIGINT)) AS whole "
                + "FROM load GROUP BY writer");
        Dictionary<string, JsonElement> found =
            rows.ToDictionary(row => row.GetProperty("writer").GetString()!);
        long open = 0;
        foreach (NumberedWriter writer in writers)
        {
            long Figure(string name) =>
                found.TryGetValue(writer.Name, out JsonElement row) ? row.GetProperty(name).GetInt64() : 0;

            long count = Figure("n");
            long more = count - writer.Acknowledged;
            Assert.True(
                more == 0 || (!isFinished && more == writer.PointsPerRequest),
                $"{writer.Name}: {count} points where {writer.Acknowledged} were acknowledged: a request is "
                    + "there whole or not at all");
            Assert.Equal(count, Figure("whole"));
            if (count > 0) Assert.Equal((0, count - 1), (Figure("least"), Figure("most")));
            Assert.Equal((count * (count - 1) / 2, Mixed(count)), (Figure("total"), Figure("mixed")));
            open += more;
        }

        return open;
    }

    private static long Mixed(long count)
    {
        long sum = 0;
        for (long v = 0; v < count; v++) sum += v * v % Modulus;
        return sum;
    }
}
