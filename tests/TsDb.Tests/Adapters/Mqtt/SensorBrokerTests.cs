using System.Net.Sockets;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using TsDb.Adapters.Mqtt.Sensors;
using TsDb.Model;

namespace TsDb.Tests.Adapters.Mqtt;

public sealed class SensorBrokerTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(MqttProtocolVersion.V500, MqttQualityOfServiceLevel.AtLeastOnce)]
    [InlineData(MqttProtocolVersion.V500, MqttQualityOfServiceLevel.ExactlyOnce)]
    [InlineData(MqttProtocolVersion.V311, MqttQualityOfServiceLevel.AtLeastOnce)]
    [InlineData(MqttProtocolVersion.V311, MqttQualityOfServiceLevel.ExactlyOnce)]
    public async Task A_publish_is_acknowledged_after_its_points_are_stored(
        MqttProtocolVersion version, MqttQualityOfServiceLevel level)
    {
        await using SensorServer server = await SensorServer.StartAsync();
        using IMqttClient client = await server.ConnectAsync(version);
        TaskCompletionSource gate = new();
        server.Target.Gate = gate.Task;
        Task<MqttClientPublishResult> publish =
            client.PublishAsync(SensorServer.Message("any/topic", "m,t=a f=1 1\nm f=2 2", level));
        await Task.WhenAny(publish, Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System));
        Assert.False(publish.IsCompleted);
        gate.SetResult();
        Assert.True((await publish.WaitAsync(Soon)).IsSuccess);
        Assert.Equal(2, server.Target.Points("default", "m").Count);
    }

    [Theory]
    [InlineData(MqttProtocolVersion.V500)]
    [InlineData(MqttProtocolVersion.V311)]
    public async Task A_client_without_a_name_is_given_one(MqttProtocolVersion version)
    {
        await using SensorServer server = await SensorServer.StartAsync();
        using IMqttClient first = await server.ConnectAsync(version, clientId: "");
        using IMqttClient second = await server.ConnectAsync(version, clientId: "");
        Assert.True(
            (await first.PublishAsync(SensorServer.Message("t", "m f=1 1")).WaitAsync(Soon)).IsSuccess);
        Assert.True(
            (await second.PublishAsync(SensorServer.Message("t", "m f=1 2")).WaitAsync(Soon)).IsSuccess);
        Assert.Equal(2, server.Target.Points("default", "m").Count);
    }

    [Fact]
    public async Task Publishes_of_one_connection_share_a_commit_and_keep_their_order()
    {
        await using SensorServer server = await SensorServer.StartAsync();
        using IMqttClient client = await server.ConnectAsync();
        TaskCompletionSource gate = new();
        server.Target.Gate = gate.Task;
        Task<MqttClientPublishResult>[] publishes =
            [.. Enumerable.Range(0, 20).Select(
                i => client.PublishAsync(SensorServer.Message("t", $"m f={i} 1")))];
        while (server.Target.Waiting == 0) await Task.Yield();
        gate.SetResult();
        Assert.All(await Task.WhenAll(publishes).WaitAsync(Soon), result => Assert.True(result.IsSuccess));
        Assert.Equal(
            Enumerable.Range(0, 20).Select(i => (double)i),
            server.Target.Points("default", "m").Select(point => (double)point.Fields["f"]));
    }

    [Theory]
    [InlineData("sensors/weather/roof/north", "weather", "sensor=roof/north")]
    [InlineData("sensors/weather/site=a/device=7", "weather", "device=7,site=a")]
    [InlineData("sensors/weather", "weather", "")]
    [InlineData("plant/press/3", "plant", "sensor=press/3")]
    public async Task Json_takes_table_and_tags_from_the_topic(string topic, string table, string tags)
    {
        await using SensorServer server = await SensorServer.StartAsync();
        using IMqttClient client = await server.ConnectAsync();
        const string Payload =
            """{"temperature": 21, "ok": true, "time": "2016-01-01T00:00:00.000000001Z"}""";
        await client.PublishAsync(SensorServer.Message(topic, Payload)).WaitAsync(Soon);
        Columnar.ModelPoint point = Assert.Single(server.Target.Points("default", table));
        Assert.Equal(
            tags, string.Join(',', point.Tags.OrderBy(t => t.Key).Select(t => $"{t.Key}={t.Value}")));
        Assert.Equal(1_451_606_400_000_000_001, point.Time);
        Assert.Equal((21.0, true), ((double)point.Fields["temperature"], (bool)point.Fields["ok"]));
    }

    [Fact]
    public async Task A_topic_names_database_and_precision()
    {
        await using SensorServer server = await SensorServer.StartAsync();
        using IMqttClient client = await server.ConnectAsync();
        await client.PublishAsync(SensorServer.Message("tsdb/write/plant/ms", "m f=1 5")).WaitAsync(Soon);
        Assert.Equal(5_000_000, Assert.Single(server.Target.Points("plant", "m")).Time);
    }

    [Fact]
    public async Task Poison_is_acknowledged_with_its_reason_and_blocks_nothing()
    {
        await using SensorServer server = await SensorServer.StartAsync();
        using IMqttClient client = await server.ConnectAsync();
        foreach (
            string poison in new[] { "no line at all", "{\"a\":", "[1]", "{}", "{\"time\":\"x\",\"a\":1}" })
        {
            MqttClientPublishResult refused =
                await client.PublishAsync(SensorServer.Message("t", poison)).WaitAsync(Soon);
            Assert.Equal(MqttClientPublishReasonCode.PayloadFormatInvalid, refused.ReasonCode);
            Assert.NotEmpty(refused.ReasonString);
        }

        MqttClientPublishResult partly =
            await client.PublishAsync(SensorServer.Message("t", "m f=1 1\nbad")).WaitAsync(Soon);
        Assert.Equal((true, "1 refused: missing fields"), (partly.IsSuccess, partly.ReasonString));
        Assert.Single(server.Target.Points("default", "m"));
        Assert.Equal((1L, 6L), (server.Pipeline.Stats.Accepted, server.Pipeline.Stats.Rejected));
    }

    [Fact]
    public async Task What_cannot_be_stored_now_is_not_acknowledged()
    {
        await using SensorServer server = await SensorServer.StartAsync();
        using IMqttClient client = await server.ConnectAsync();
        server.Target.Failure = new TsDbException(ErrorKind.Unavailable, "full");
        await Assert.ThrowsAnyAsync<Exception>(
            () => client.PublishAsync(SensorServer.Message("t", "m f=1 1")).WaitAsync(Soon));
        Assert.Empty(server.Target.Batches);
        server.Target.Failure = null;
        using IMqttClient again = await server.ConnectAsync();
        Assert.True(
            (await again.PublishAsync(SensorServer.Message("t", "m f=1 1")).WaitAsync(Soon)).IsSuccess);
    }

    [Fact]
    public async Task A_packet_beyond_the_limit_ends_the_connection_at_its_header()
    {
        await using SensorServer server =
            await SensorServer.StartAsync(new SensorBrokerOptions { PacketBytesMax = 1_000 });
        using IMqttClient client = await server.ConnectAsync();
        await Assert.ThrowsAnyAsync<MqttCommunicationException>(
            () => client.PublishAsync(SensorServer.Message("t", new string('x', 2_000))).WaitAsync(Soon));
        using IMqttClient other = await server.ConnectAsync();
        Assert.True(
            (await other.PublishAsync(SensorServer.Message("t", "m f=1 1")).WaitAsync(Soon)).IsSuccess);
    }

    [Theory]
    [InlineData(new byte[] { 0x30, 0x02, 0x00, 0x00 })]
    [InlineData(new byte[] { 0x10, 0xFF, 0xFF, 0xFF, 0x7F })]
    [InlineData(new byte[] { 0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F })]
    public async Task A_stranger_who_does_not_begin_with_a_small_connect_is_cut_off(byte[] bytes)
    {
        await using SensorServer server = await SensorServer.StartAsync();
        using TcpClient stranger = new("127.0.0.1", server.Port);
        NetworkStream stream = stranger.GetStream();
        await stream.WriteAsync(bytes);
        using CancellationTokenSource patience = new(Soon);
        try
        {
            Assert.Equal(0, await stream.ReadAsync(new byte[1], patience.Token));
        }
        catch (IOException error)
        {
            Assert.IsType<SocketException>(error.InnerException);
        }
    }
}
