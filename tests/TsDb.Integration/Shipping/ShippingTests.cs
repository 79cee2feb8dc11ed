using System.Net;
using TsDb.Load.Wire;

namespace TsDb.Integration.Shipping;

/// <summary>Shipping over real brokers, disks and sockets.</summary>
public sealed class ShippingTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Through_the_embedded_broker_every_row_arrives_once()
    {
        await using ShippingSite site = new();
        site.StartEdge(await site.StartCloudAsync());
        for (int i = 0; i < 5; i++) await site.WriteAsync(i * 1_000, 1_000);
        await site.ShippedAsync(5_000, Patience);
    }

    [Fact]
    public async Task Through_mosquitto_large_shipments_go_in_chunks()
    {
        using Mosquitto broker = await Mosquitto.StartAsync();
        await using ShippingSite site = new();
        await site.StartCloudAsync(broker.Url);
        site.StartEdge(broker.Url);
        await site.WriteAsync(0, 5_000, noiseBytes: 200);
        await site.ShippedAsync(5_000, Patience);
    }

    [Fact]
    public async Task A_broker_that_takes_only_small_packets_gets_small_chunks()
    {
        using Mosquitto broker = await Mosquitto.StartAsync(packetBytesMax: 16_384);
        await using ShippingSite site = new();
        await site.StartCloudAsync(broker.Url);
        site.StartEdge(broker.Url);
        await site.WriteAsync(0, 2_000, noiseBytes: 200);
        await site.ShippedAsync(2_000, Patience);
    }

    [Fact]
    public async Task Messages_that_get_lost_are_asked_for_again()
    {
        using Mosquitto broker = await Mosquitto.StartAsync(packetBytesMax: 16_384);
        IPEndPoint target = new(IPAddress.Loopback, broker.Port);
        await using Forwarder proxy = new(target, isMqtt: true, seed: 4)
        {
            Faults = new LinkFaults(TimeSpan.Zero, LossShare: 0.04),
        };
        await using ShippingSite site = new();
        await site.StartCloudAsync(broker.Url);
        site.StartEdge(new Uri($"mqtt://{proxy.Address}"));
        const int Rounds = 4;
        for (int round = 0; round < Rounds; round++)
        {
            await site.WriteAsync(round * 2_000, 2_000, noiseBytes: 200);
            await site.Store.FlushAsync(CancellationToken.None);
            site.Ship.Flush();
        }

        await site.ShippedAsync(Rounds * 2_000, Patience);
        Assert.NotEqual(0, proxy.Lost);
    }

    [Fact]
    public async Task A_broker_killed_and_restarted_in_mid_shipment_loses_nothing()
    {
        using Mosquitto broker = await Mosquitto.StartAsync();
        await using ShippingSite site = new();
        await site.StartCloudAsync(broker.Url);
        site.StartEdge(broker.Url);
        for (int round = 0; round < 3; round++)
        {
            await site.WriteAsync(round * 3_000, 3_000, noiseBytes: 300);
            await site.Store.FlushAsync(CancellationToken.None);
            site.Ship.Flush();
            broker.Kill();
            await broker.RestartAsync();
        }

        await site.ShippedAsync(9_000, Patience);
    }

    [Fact]
    public async Task An_edge_goes_over_to_the_next_broker_and_ships_what_it_gathered_offline()
    {
        using Mosquitto first = await Mosquitto.StartAsync();
        using Mosquitto second = await Mosquitto.StartAsync();
        await using ShippingSite site = new();
        await site.StartCloudAsync(second.Url);
        first.Kill();
        site.StartEdge(first.Url, second.Url);
        await site.WriteAsync(0, 1_000);
        await site.ShippedAsync(1_000, Patience);
    }

    [Fact]
    public async Task After_a_restart_of_edge_and_cloud_shipping_goes_on_where_it_was()
    {
        using Mosquitto broker = await Mosquitto.StartAsync();
        await using ShippingSite site = new();
        site.StartEdge(broker.Url);
        await site.WriteAsync(0, 2_000, noiseBytes: 100);
        await site.Store.FlushAsync(CancellationToken.None);
        await site.StopEdgeAsync();
        await site.StartCloudAsync(broker.Url);
        site.StartEdge(broker.Url);
        await site.ShippedAsync(2_000, Patience);
        await site.StopCloudAsync();
        await site.WriteAsync(2_000, 1_000);
        await site.StartCloudAsync(broker.Url);
        await site.ShippedAsync(3_000, Patience);
        Assert.Equal("shipping", site.Ship.Lag.Uplink.State);
    }
}
