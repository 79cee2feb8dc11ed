using System.Net;
using TsDb.Load.Wire;

namespace TsDb.Integration.Shipping;

/// <summary>A shipment over an uplink of 32 kbit/s, with a real broker that wants to hear whole
/// packets.</summary>
public sealed class SlowLinkTests
{
    private const int BytesPerSecond = 4_000;
    private const int Rows = 500;
    private const int NoiseBytes = 200;

    [Fact]
    public async Task A_shipment_that_takes_long_needs_one_connection_and_sends_nothing_twice()
    {
        await using ShippingSite site = new();
        Uri broker = await site.StartCloudAsync();
        await using Forwarder uplink = new(
            new IPEndPoint(IPAddress.Parse(broker.Host), broker.Port), bytesPerSecond: BytesPerSecond);
        site.StartEdge(new Uri($"mqtt://{uplink.Address}"));
        await site.WriteAsync(0, Rows, NoiseBytes);
        await site.ShippedAsync(Rows, TimeSpan.FromSeconds(120));

        // Noise does not get smaller on its way: it takes longer than a broker waits for a packet.
        const int Noise = Rows * NoiseBytes;
        Assert.InRange(uplink.Up, Noise, Noise * 5 / 4);
        Assert.Equal(1, uplink.Taken);
    }
}
