using System.Diagnostics;
using System.Text;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Mqtt.Sensors;
using TsDb.Model;
using TsDb.Tests.Storage.Sensors;

namespace TsDb.Tests.Adapters.Mqtt;

/// <summary>
/// What clients do that mean ill, or are broken: it stays bounded, and nobody else suffers.
/// </summary>
public sealed class SensorHostilityTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Exactly_once_holds_over_doubles_and_over_the_next_connection()
    {
        await using SensorServer server = await SensorServer.StartAsync();
        byte[] publish = RawMqtt.Publish("t", "m f=1", level: 2, packetId: 7);
        byte[] again = RawMqtt.Publish("t", "m f=1", level: 2, packetId: 7, isAgain: true);
        using (RawMqtt first = await RawMqtt.ConnectAsync(server.Port, "c", isClean: false))
        {
            await first.SendAsync(publish);
            Assert.Equal(0x50, (await first.ReceiveAsync()).First);
            await first.SendAsync(again);
            Assert.Equal(0x50, (await first.ReceiveAsync()).First);
        }

        using RawMqtt second = await RawMqtt.ConnectAsync(server.Port, "c", isClean: false);
        Assert.True(second.IsSessionPresent);
        await second.SendAsync(again);
        Assert.Equal(0x50, (await second.ReceiveAsync()).First);
        await second.SendAsync(0x62, [0, 7]);
        Assert.Equal(0x70, (await second.ReceiveAsync()).First);
        Assert.Single(server.Target.Points("default", "m"));
        await second.SendAsync(publish);
        Assert.Equal(0x50, (await second.ReceiveAsync()).First);
        Assert.Equal(2, server.Target.Points("default", "m").Count);
    }

    [Fact]
    public async Task A_message_that_failed_ends_the_connection_and_none_behind_it_is_acknowledged()
    {
        await using SensorServer server = await SensorServer.StartAsync();
        using RawMqtt client = await RawMqtt.ConnectAsync(server.Port, "c");
        server.Target.Failure = new TsDbException(ErrorKind.Unavailable, "the disk is full");
        await client.SendAsync([
            .. RawMqtt.Publish("t", "m f=1 1", 1, 1), .. RawMqtt.Publish("t", "m f=2 2", 1, 2)]);
        (byte first, byte[] body) = await client.ReceiveAsync();
        Assert.Equal((0xE0, 0x89), (first, body[0]));
        Assert.Contains("the disk is full", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
        Assert.True(await client.IsClosedAsync());
    }

    [Fact]
    public async Task A_second_connection_takes_the_client_over_and_a_will_is_a_message()
    {
        await using SensorServer server = await SensorServer.StartAsync();
        byte[] will = [.. RawMqtt.Text("gone"), .. RawMqtt.Text("m f=1 1")];
        using RawMqtt first = await RawMqtt.ConnectAsync(server.Port, "c", will: will);
        using RawMqtt second = await RawMqtt.ConnectAsync(server.Port, "c");
        (byte packet, byte[] body) = await first.ReceiveAsync();
        Assert.Equal((0xE0, 0x8E), (packet, body[0]));
        Assert.True(await first.IsClosedAsync());
        await UntilAsync(() => server.Target.Points("default", "m").Count == 1);
        using RawMqtt polite = await RawMqtt.ConnectAsync(server.Port, "d", will: will);
        await polite.SendAsync(0xE0, []);
        Assert.True(await polite.IsClosedAsync());
        Assert.Single(server.Target.Points("default", "m"));
    }

    [Fact]
    public async Task Who_may_publish_where_is_asked_for_each_message()
    {
        await using SensorServer server = await SensorServer.StartAsync(
            new SensorBrokerOptions { Authorizer = new OnlyBelow("own/") });
        using RawMqtt five = await RawMqtt.ConnectAsync(server.Port, "five");
        await five.SendAsync([
            .. RawMqtt.Publish("own/t", "m f=1 1", 1, 1), .. RawMqtt.Publish("other/t", "m f=2 2", 1, 2)]);
        Assert.Equal([0, 1], (await five.ReceiveAsync()).Body);
        Assert.Equal([0, 2, 0x87], (await five.ReceiveAsync()).Body[..3]);
        using RawMqtt four = await RawMqtt.ConnectAsync(server.Port, "four", version: 4);
        await four.SendAsync(RawMqtt.Publish("other/t", "m f=3 3", 1, 1, isFive: false));
        Assert.True(await four.IsClosedAsync());
        Assert.Single(server.Target.Points("default", "m"));
    }

    [Fact]
    public async Task A_flood_is_read_no_further_than_its_bounds()
    {
        const int InFlight = 8;
        TaskCompletionSource gate = new();
        await using SensorServer server = await SensorServer.StartAsync(
            new SensorBrokerOptions { MessagesInFlightMax = InFlight });
        server.Target.Gate = gate.Task;
        using RawMqtt client = await RawMqtt.ConnectAsync(server.Port, "c");
        byte[] flood = [.. Enumerable.Range(1, 5_000).SelectMany(
            i => RawMqtt.Publish("t", FormattableString.Invariant($"m f={i} {i}"), 1, (ushort)i))];
        Task sending = client.SendAsync(flood);
        await UntilAsync(() => server.Target.Waiting > 0);

        // Another client gets through while the first is held at its bound.
        using RawMqtt other = await RawMqtt.ConnectAsync(server.Port, "other");
        await other.SendAsync(0xC0, []);
        Assert.Equal(0xD0, (await other.ReceiveAsync()).First);
        Assert.InRange(server.Intake.Gatherer.MessageCount, 1, InFlight);
        gate.SetResult();
        for (int i = 1; i <= 5_000; i++) Assert.Equal(0x40, (await client.ReceiveAsync()).First);
        await sending;
        Assert.Equal(5_000, server.Target.Points("default", "m").Count);
    }

    [Fact]
    public async Task The_half_open_and_the_silent_are_cut_off()
    {
        TimeSpan little = TimeSpan.FromMilliseconds(300);
        await using SensorServer server = await SensorServer.StartAsync(
            new SensorBrokerOptions { ConnectTime = little, PacketTime = little, SilenceMax = little });
        using RawMqtt mute = RawMqtt.Open(server.Port);
        using RawMqtt half = await RawMqtt.ConnectAsync(server.Port, "half", keepAliveSeconds: 600);
        await half.SendAsync([0x32, 0x20, 0]);
        using RawMqtt silent = await RawMqtt.ConnectAsync(server.Port, "silent");
        using RawMqtt faithful = await RawMqtt.ConnectAsync(server.Port, "faithful", keepAliveSeconds: 600);
        Assert.True(await mute.IsClosedAsync());
        Assert.True(await half.IsClosedAsync());
        Assert.Equal(0xE0, (await silent.ReceiveAsync()).First);
        await faithful.SendAsync(RawMqtt.Publish("t", "m f=1 1", 1, 1));
        Assert.Equal(0x40, (await faithful.ReceiveAsync()).First);
        await UntilAsync(() => server.Broker.ConnectionCount == 1);
    }

    [Theory]
    [InlineData(new byte[] { 0x32, 4, 0, 1, (byte)'t', 0 })]
    [InlineData(new byte[] { 0x30, 5, 0, 1, (byte)'+', 0, 1 })]
    [InlineData(new byte[] { 0x36, 6, 0, 1, (byte)'t', 0, 1, 0 })]
    [InlineData(new byte[] { 0x30, 3, 0, 0, 0 })]
    [InlineData(new byte[] { 0x30, 6, 0, 0, 3, 0x23, 0, 9 })]
    [InlineData(new byte[] { 0x30, 4, 0, 1, 0xFF, 0 })]
    [InlineData(new byte[] { 0x82, 3, 0, 1, 0 })]
    [InlineData(new byte[] { 0xF0, 0 })]
    [InlineData(new byte[] { 0x10, 0 })]
    [InlineData(new byte[] { 0x82, 0x80, 0x80, 0x08 })]
    public async Task A_malformed_packet_ends_its_connection_with_a_reason(byte[] packet)
    {
        await using SensorServer server = await SensorServer.StartAsync();
        using RawMqtt client = await RawMqtt.ConnectAsync(server.Port, "c");
        await client.SendAsync(packet);
        (byte first, byte[] body) = await client.ReceiveAsync();
        Assert.Equal(0xE0, first);
        Assert.True(body[0] >= 0x80);
        Assert.True(await client.IsClosedAsync());
    }

    [Fact]
    public async Task A_sparkplug_node_is_asked_for_its_birth_on_its_own_subscription()
    {
        await using SensorServer server = await SensorServer.StartAsync();
        using RawMqtt node = await RawMqtt.ConnectAsync(server.Port, "node");
        await node.SendAsync(0x82, [0, 1, 0, .. RawMqtt.Text("spBv1.0/G/NCMD/N/#"), 0]);
        Assert.Equal([0, 1, 0, 0], (await node.ReceiveAsync()).Body);
        byte[] data = SparkplugBytes.Payload(
            5, 9, SparkplugBytes.Metric(null, null, SparkplugBytes.Double(1), alias: 3));
        await node.SendAsync(RawMqtt.Packet(0x30, [.. RawMqtt.Text("spBv1.0/G/NDATA/N"), 0, .. data]));
        (byte first, byte[] body) = await node.ReceiveAsync();
        Assert.Equal(0x30, first);
        Assert.Contains("Node Control/Rebirth", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        long began = Stopwatch.GetTimestamp();
        while (!isSo())
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < Soon, "it did not come to that");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    private sealed class OnlyBelow(string root) : IAuthorizer
    {
        public bool IsAllowed(AccessRequest request) =>
            request.Action != "write" || request.Resource.StartsWith(root, StringComparison.Ordinal);
    }
}
