using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using TsDb.Cli.Demo;
using TsDb.Integration.Fleets;

namespace TsDb.Integration.Shipping;

/// <summary>
/// The other end of an uplink as a real process that dies, or has no room, while a shipment is half way.
/// </summary>
public sealed class UplinkFaultTests : IDisposable
{
    private const int Rows = 3_000;
    private const int ChunksBytes = 200_000;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("tsdb-uplink-disk-");
    private readonly Random _chance = new(1);
    private int _written;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _data.Delete();

    [Fact]
    public async Task A_node_killed_with_its_broker_in_mid_chunk_and_then_without_room_loses_nothing()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-uplink-");
        FleetPlan plan = FleetPlan.OnFreePorts(folder.FullName, clouds: 1, edges: 1) with
        {
            EdgeFlags = ["--seal-age", "1h", "--ship-rate", "256KiB"],
        };
        using SmallDisk disk = SmallDisk.Mount(_data.FullName, mebibytes: 128);
        Directory.CreateSymbolicLink(Path.Combine(folder.FullName, "cloud-1"), _data.FullName);
        await using TestFleet fleet = await TestFleet.StartAsync(folder, plan);
        (NodePlan cloud, NodePlan edge) = (fleet.Clouds[0], fleet.Edges[0]);
        await WriteAsync(edge);
        Task drain = fleet.DrainAsync();
        await UntilAsync(fleet, "some of the shipment was sent", ship =>
            ship["data_bytes_sent"]!.GetValue<long>() > ChunksBytes);
        await fleet.Fleet.KillAsync(cloud, Ct);
        Assert.Equal(1, (await ShipAsync(fleet))["segments_pending"]!.GetValue<long>());
        await fleet.Fleet.RestartAsync(cloud, Ct);
        await drain;
        await AssertSameAsync(fleet);

        // No room for the next one: the node says so, answers with what it has, and starts as it is.
        disk.Fill(bytesLeft: 0);
        int durable = _written;
        await WriteAsync(edge);
        Task waiting = fleet.DrainAsync();
        await UntilAsync(fleet, "the edge hears that the disk is full", ship =>
            $"{ship["last_error"]}".Contains("disk", StringComparison.Ordinal));
        JsonNode full = await fleet.Fleet.StatusAsync(cloud, Ct);
        Assert.StartsWith("the disk is full", $"{full["storing_refused"]}", StringComparison.Ordinal);
        Assert.Equal(durable, await fleet.NumberAsync(cloud, "SELECT count(*) AS n FROM m"));
        await fleet.Fleet.KillAsync(cloud, Ct);
        await fleet.Fleet.RestartAsync(cloud, Ct);
        disk.Relieve();
        await waiting;
        await AssertSameAsync(fleet);
    }

    [Fact]
    public async Task An_edge_whose_broker_dies_while_it_sends_goes_on_to_the_next_at_once()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-uplink-");
        await using TestFleet fleet = await TestFleet.StartAsync(
            folder, FleetPlan.OnFreePorts(folder.FullName, clouds: 3, edges: 1) with
            {
                CloudFlags = ["--replication", "3"],
                EdgeFlags = ["--seal-age", "1h", "--ship-rate", "256KiB"],
            });
        await WriteAsync(fleet.Edges[0]);
        Task drain = fleet.DrainAsync();
        await UntilAsync(fleet, "some of the shipment was sent", ship =>
            ship["data_bytes_sent"]!.GetValue<long>() > ChunksBytes);
        string log = fleet.Fleet.Processes[fleet.Edges[0].Name].LogPath;
        NodePlan cloud = fleet.Clouds.Single(node =>
            LinesOf(log, "is up").Last().Contains(node.Mqtt, StringComparison.Ordinal));
        await fleet.Fleet.KillAsync(cloud, Ct);
        await drain;

        // The library refuses a connection as long as it has not done with the last one: then all brokers
        // are tried in vain, within a moment.
        string[] ends = [.. LinesOf(log, "is down")];
        Assert.Contains(ends, end => end.Contains(cloud.Mqtt, StringComparison.Ordinal));
        Assert.DoesNotContain(ends, end => end.Contains("pending", StringComparison.Ordinal));
        NodePlan left = fleet.Clouds.First(node => node != cloud);
        Assert.Equal(_written, await fleet.NumberAsync(left, "SELECT count(*) AS n FROM m"));
    }

    private async Task WriteAsync(NodePlan edge)
    {
        StringBuilder lines = new();
        byte[] noise = new byte[150];
        for (int i = 0; i < Rows; i++, _written++)
        {
            _chance.NextBytes(noise);
            lines.Append(
                CultureInfo.InvariantCulture,
                $"m,host=h{i % 7} n={_written}i,s=\"{Convert.ToBase64String(noise)}\" {_written + 1}\n");
        }

        using MemoryStream stream = new(Encoding.ASCII.GetBytes(lines.ToString()));
        await TestFleet.WriteAsync(edge, stream);
    }

    private async Task AssertSameAsync(TestFleet fleet)
    {
        const string Question = "SELECT count(*) AS n, count(DISTINCT n) AS d, sum(n) AS s FROM m";
        string asked = $"{(await fleet.AskAsync(fleet.Clouds[0], Question)).Single()}";
        Assert.Equal($"{(await fleet.AskAsync(fleet.Edges[0], Question)).Single()}", asked);
        Assert.Equal(_written, await fleet.NumberAsync(fleet.Clouds[0], "SELECT count(*) AS n FROM m"));
    }

    private static IEnumerable<string> LinesOf(string log, string end) => File.ReadLines(log).Where(line =>
        line.Contains("Uplink to", StringComparison.Ordinal) && line.Contains(end, StringComparison.Ordinal));

    private static async Task<JsonNode> ShipAsync(TestFleet fleet) =>
        (await fleet.Fleet.StatusAsync(fleet.Edges[0], Ct))["ship"]!;

    private static Task UntilAsync(TestFleet fleet, string what, Func<JsonNode, bool> holds) =>
        fleet.Fleet.UntilAsync(what, Soon, async () => holds(await ShipAsync(fleet)), Ct);
}
