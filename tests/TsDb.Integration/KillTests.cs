using System.Globalization;
using System.Net;
using System.Text;
using TsDb.Cli.Demo;
using TsDb.Cli.Nodes;
using TsDb.Integration.Fleets;
using TsDb.Model;

namespace TsDb.Integration;

/// <summary>Kill -9 in the middle of things: what was acknowledged is there, once.</summary>
public sealed class KillTests
{
    private const int LinesPerRequest = 200;

    /// <summary>Kills in a run; a campaign sets TSDB_TEST_KILLS to 100 and more.</summary>
    private static int Kills => int.Parse(
        Environment.GetEnvironmentVariable("TSDB_TEST_KILLS") ?? "6", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Killing_the_edge_at_random_moments_loses_and_doubles_nothing()
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        await using TestFleet fleet = await TestFleet.StartAsync(
            clouds: 1, edges: 1,
                edgeFlags: ["--seal-age", "1s", "--seal-bytes", "256KiB", "--ship-delay", "200ms"]);
        NodePlan edge = fleet.Edges[0];
        Random random = new(20_260_101);
        Writer writer = new(fleet.Fleet.Client(edge));
        for (int kill = 0; kill < Kills; kill++)
        {
            using CancellationTokenSource stop = new();
            Task writing = writer.RunAsync(stop.Token);
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(20, 2_500)), TimeProvider.System, ct);
            await fleet.Fleet.KillAsync(edge, ct);
            await stop.CancelAsync();
            await writing;
            await fleet.Fleet.RestartAsync(edge, ct);
            long found = writer.Acknowledged == 0
                ? 0 // Killed before the first answer: there may be no table yet.
                : await fleet.NumberAsync(edge, "SELECT count(*) AS n FROM load");
            Assert.InRange(found, writer.Acknowledged, writer.Acknowledged + LinesPerRequest);
        }

        await writer.FinishAsync(ct);
        await fleet.DrainAsync();
        Assert.Equal(writer.Acknowledged, await fleet.NumberAsync(edge, "SELECT count(*) AS n FROM load"));
        Assert.Equal(writer.Acknowledged,
            await fleet.NumberAsync(fleet.Clouds[0], "SELECT count(*) AS n FROM load"));
        Assert.Equal(
            writer.Acknowledged,
                await fleet.NumberAsync(fleet.Clouds[0], "SELECT count(DISTINCT v) AS n FROM load"));
    }

    /// <summary>Sends numbered points; a request that was not acknowledged is sent again, as clients
    /// do.</summary>
    private sealed class Writer(NodeClient node)
    {
        private const long StartNanoseconds = 1_700_000_000_000_000_000;
        private long _next;

        public long Acknowledged => _next;

        public async Task RunAsync(CancellationToken stop)
        {
            while (!stop.IsCancellationRequested && await TrySendAsync())
                _next += LinesPerRequest;
        }

        /// <summary>Sends the request whose fate the last kill left open.</summary>
        public async Task FinishAsync(CancellationToken ct)
        {
            while (!await TrySendAsync()) ct.ThrowIfCancellationRequested();
            _next += LinesPerRequest;
        }

        private async Task<bool> TrySendAsync()
        {
            StringBuilder lines = new();
            for (long n = _next; n < _next + LinesPerRequest; n++)
            {
                lines.Append(
                    CultureInfo.InvariantCulture,
                        $"load,host=h{n % 7} v={n}i,w={n * 0.25} {StartNanoseconds + (n * 1_000_003)}\n");
            }

            using HttpRequestMessage request = new(HttpMethod.Post, "/api/v2/write?bucket=default")
            {
                Content = new StringContent(lines.ToString()),
            };
            try
            {
                using HttpResponseMessage response = await node.SendAsync(request, CancellationToken.None);
                return response.StatusCode == HttpStatusCode.NoContent;
            }
            catch (TsDbException e) when (e.Kind == ErrorKind.Unavailable)
            {
                return false; // The kill: unknown whether it was taken, so it is sent again.
            }
        }
    }
}
