using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MQTTnet;
using MQTTnet.Protocol;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Mqtt.Cloud;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Ports;

namespace TsDb.Integration.Receiving;

/// <summary>An edge that connects to the broker in a cloud node while that node starts.</summary>
public sealed class EarlyPresenceTests : IEdgeInbox
{
    private static readonly EdgeId Edge = new("E1");
    private static readonly ShipmentTopics Topics = new("test");

    private readonly Channel<Presence> _heard = Channel.CreateBounded<Presence>(8);

    public async ValueTask TakeAsync(
        string broker, string topic, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        Assert.Equal(Topics.Presence(Edge), topic);
        await _heard.Writer.WriteAsync(ShipmentCodec.DecodePresence(payload.Span), ct);
    }

    public ValueTask LostAsync(string broker, CancellationToken ct) => ValueTask.CompletedTask;

    [Fact]
    public async Task The_last_word_of_an_edge_that_came_before_the_node_listened_is_heard_once()
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        CloudBrokerOptions options = new()
        {
            Self = new NodeId("c1"),
            Instance = Shipping.ShippingSite.NewId(),
            Topics = Topics,
            Authorizer = new OpenAuthorizer(),
            Outside = [],
        };
        await using EmbeddedBroker broker = new(options, NullLogger.Instance);
        await broker.StartAsync();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, broker.Attach));
        await using WebApplication app = builder.Build();
        await app.StartAsync(ct);

        Guid instance = Shipping.ShippingSite.NewId();
        using IMqttClient client = new MqttClientFactory().CreateMqttClient();
        await client.ConnectAsync(
            new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", new Uri(app.Urls.First()).Port)
                .WithProtocolVersion(MQTTnet.Formatter.MqttProtocolVersion.V500)
                .WithClientId(EdgeClientId.Of(Edge, instance)).Build(),
            ct);
        await SayAsync(client, instance, isOnline: false, ct);
        await SayAsync(client, instance, isOnline: true, ct);

        broker.Deliver(this);
        Assert.False(_heard.Reader.TryRead(out _));
        broker.Subscribe(new FilterSet([Topics.PresenceAll]));
        Assert.Equal(new Presence(Edge, instance, IsOnline: true), await _heard.Reader.ReadAsync(ct));
        await SayAsync(client, instance, isOnline: false, ct);
        Assert.Equal(new Presence(Edge, instance, IsOnline: false), await _heard.Reader.ReadAsync(ct));
        broker.Subscribe(new FilterSet([Topics.PresenceAll, Topics.HelloAll]));
        Assert.False(_heard.Reader.TryRead(out _));
    }

    private static async Task SayAsync(IMqttClient client, Guid instance, bool isOnline, CancellationToken ct)
    {
        MqttApplicationMessage message = new MqttApplicationMessageBuilder()
            .WithTopic(Topics.Presence(Edge))
            .WithPayload(ShipmentCodec.Encode(new Presence(Edge, instance, isOnline)))
            .WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce)
            .WithRetainFlag()
            .Build();
        MqttClientPublishResult said = await client.PublishAsync(message, ct);
        Assert.True(said.IsSuccess, said.ReasonString);
    }
}
