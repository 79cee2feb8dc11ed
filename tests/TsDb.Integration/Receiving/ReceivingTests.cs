using TsDb.Integration.Shipping;
using TsDb.Model;
using TsDb.Replication.Receiving;

namespace TsDb.Integration.Receiving;

/// <summary>The real shipper, real brokers and real receivers over sockets and disks.</summary>
public sealed class ReceivingTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Through_embedded_brokers_every_owner_gets_every_byte()
    {
        await using CloudHarness cloud = await CloudHarness.StartAsync(nodes: 3, replication: 3);
        await using EdgeHarness edge =
            EdgeHarness.Start("E1", [cloud.Nodes[0].Broker, cloud.Nodes[1].Broker]);
        await using EdgeHarness other = EdgeHarness.Start("E2", [cloud.Nodes[2].Broker]);
        await edge.WriteAsync(rows: 60_000, days: 3, seed: 1);
        await other.WriteAsync(rows: 20_000, days: 40, seed: 2);
        await edge.DrainAsync(Soon);
        await other.DrainAsync(Soon);
        await AssertEqualAsync(cloud, rows: 80_000, copies: 3);
        Assert.True(cloud.Nodes[0].Store.Current.BytesLength > 500_000, "large shipments travel in chunks");
    }

    [Fact]
    public async Task An_edge_fails_over_and_a_node_that_was_down_catches_up()
    {
        await using CloudHarness cloud = await CloudHarness.StartAsync(nodes: 3, replication: 3);
        await using EdgeHarness edge =
            EdgeHarness.Start("E1", [cloud.Nodes[0].Broker, cloud.Nodes[1].Broker]);
        await edge.WriteAsync(rows: 10_000, days: 2, seed: 1);
        await edge.DrainAsync(Soon);
        await cloud.Nodes[0].DisposeAsync();
        await edge.WriteAsync(rows: 30_000, days: 20, seed: 2);
        await edge.DrainAsync(Soon);
        await cloud.Nodes[0].RestartAsync(outside: null);
        await AssertEqualAsync(cloud, rows: 40_000, copies: 3);
    }

    [Fact]
    public async Task With_one_replica_each_shipment_is_at_one_node()
    {
        await using CloudHarness cloud = await CloudHarness.StartAsync(nodes: 3, replication: 1);
        await using EdgeHarness edge = EdgeHarness.Start("E1", [cloud.Nodes[0].Broker]);
        await edge.WriteAsync(rows: 10_000, days: 30, seed: 1);
        await edge.DrainAsync(Soon);
        await AssertEqualAsync(cloud, rows: 10_000, copies: 1);
        Assert.All(cloud.Nodes, node => Assert.True(node.Store.Current.LeafCount > 0));
    }

    [Fact]
    public async Task Through_mosquitto_that_is_killed_on_the_way()
    {
        using Mosquitto broker = await Mosquitto.StartAsync();
        await using CloudHarness cloud = await CloudHarness.StartAsync(3, 3, broker.Url);
        await using EdgeHarness edge = EdgeHarness.Start("E1", [broker.Url]);
        await edge.WriteAsync(rows: 60_000, days: 2, seed: 1);
        broker.Kill();
        await edge.WriteAsync(rows: 20_000, days: 10, seed: 2);
        await broker.RestartAsync();
        await edge.DrainAsync(Soon);
        await AssertEqualAsync(cloud, rows: 80_000, copies: 3);
    }

    private static async Task AssertEqualAsync(CloudHarness cloud, long rows, int copies)
    {
        long began = TimeProvider.System.GetTimestamp();
        while (Rows(cloud) != rows * copies && TimeProvider.System.GetElapsedTime(began) < Soon)
        {
            await Task.Delay(
                TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        Assert.Equal(rows * copies, Rows(cloud));
        Leaf[] leaves =
            [.. cloud.Nodes.SelectMany(node => node.Store.Current.Cells).SelectMany(cell => cell.Leaves)];
        Assert.All(leaves.CountBy(leaf => leaf), count => Assert.Equal(copies, count.Value));
        foreach (CloudHarness.Node node in cloud.Nodes)
        {
            foreach (StoredFile file in node.Store.Current.Files.ToArray())
                Assert.True(node.Store.Scrub(file));
        }
    }

    private static long Rows(CloudHarness cloud) => cloud.Nodes.Where(node => node.IsUp)
        .SelectMany(node => node.Store.Current.Files).Sum(file => file.Extent.Rows);
}
