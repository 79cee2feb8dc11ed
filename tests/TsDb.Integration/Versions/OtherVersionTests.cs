using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MQTTnet;
using TsDb.Cli.Demo;
using TsDb.Codec.Shipment;
using TsDb.Integration.Fleets;
using TsDb.Integration.Shipping;
using TsDb.Model;

namespace TsDb.Integration.Versions;

/// <summary>
/// A fleet of real processes met by programs of another version, which a small player of their protocols
/// speaks for: each is refused clearly, or understood, and nothing is lost by it.
/// </summary>
public sealed class OtherVersionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly ShipmentTopics Topics = new("default");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Programs_of_other_versions_are_refused_clearly_or_understood()
    {
        using Mosquitto strange = await Mosquitto.StartAsync();
        using (IMqttClient newerCloud = await ConnectAsync(strange.Port, "any"))
            await PublishAsync(newerCloud, Topics.Cluster, NewerCluster(), retain: true);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-test-");
        FleetPlan plan = FleetPlan.OnFreePorts(folder.FullName, clouds: 1, edges: 1);
        NodePlan cloud = plan.Clouds.Single();
        NodePlan edge = plan.Edges.Single();
        plan = plan with { Uplink = $"{strange.Url},mqtt://{cloud.Mqtt}" };
        await using TestFleet fleet = await TestFleet.StartAsync(folder, plan);
        await TestFleet.WriteAsync(edge, Lines(100));

        // An edge that hears a newer cloud waits, and its status says for what.
        await fleet.Fleet.UntilAsync(
            "the edge says that the cloud is newer",
            Patience,
            async () => (await fleet.Fleet.StatusAsync(edge, Ct))["ship"]?["last_error"]?.GetValue<string>()
                .Contains("start a newer one", StringComparison.Ordinal) == true,
            Ct);

        // Where it finds its own, nothing is missing.
        strange.Kill();
        await fleet.DrainAsync();
        Assert.Equal(100, await fleet.NumberAsync(cloud, "SELECT count(*) FROM t"));
        EdgeAnswers cluster = await HelloAsync(cloud, new EdgeId("newer"), version: 2);
        EdgeAnswer.Hello refused = Assert.IsType<EdgeAnswer.Hello>(cluster.Answers.Single());
        Assert.Equal(HelloVerdict.Refused, refused.Verdict);
        Assert.Contains("protocol version 2", refused.Reason, StringComparison.Ordinal);
        EdgeAnswers taken = await HelloAsync(cloud, new EdgeId("older"), version: 1);
        Assert.Equal(
            HelloVerdict.Registered, Assert.IsType<EdgeAnswer.Hello>(taken.Answers.Single()).Verdict);
        await RefuseNodeAsync(cloud);
        Assert.Equal(100, await fleet.NumberAsync(cloud, "SELECT count(*) FROM t"));
    }

    // The cluster's description as a program of protocol 2 may say it: a header, and fields unknown here.
    private static byte[] NewerCluster() => [0x0A, 0x02, 0x08, 0x02, 0xC2, 0x3E, 0x07, .. "unknown"u8];

    /// <summary>Says hello as an edge of a protocol version does that knows of nothing else, and returns
    /// what it hears.</summary>
    private static async Task<EdgeAnswers> HelloAsync(NodePlan cloud, EdgeId edge, byte version)
    {
        Guid instance = ShippingSite.NewId();
        using IMqttClient player = await ConnectAsync(
            IPEndPoint.Parse(cloud.Mqtt).Port, EdgeClientId.Of(edge, instance));
        TaskCompletionSource<byte[]> heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
        player.ApplicationMessageReceivedAsync += e =>
        {
            heard.TrySetResult(e.ApplicationMessage.Payload.ToArray());
            return Task.CompletedTask;
        };
        await player.SubscribeAsync(Topics.Ack(edge), cancellationToken: Ct);
        byte[] hello = ShipmentCodec.Encode(new EdgeControl(
            new MessageHeader(null, default), edge, instance,
            new EdgeControl.Hello(new Incarnation(instance), "")));
        Assert.Equal([0x0A, 0x02, 0x08, 0x01], hello[..4]);
        hello[3] = version;
        await PublishAsync(player, Topics.Hello(edge), hello, retain: false);
        return ShipmentCodec.DecodeEdgeAnswers(await heard.Task.WaitAsync(Patience, Ct));
    }

    // A node of the next cluster protocol knocks: the answer says which one is spoken here.
    private static async Task RefuseNodeAsync(NodePlan cloud)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPEndPoint.Parse(cloud.Cluster), Ct);
        byte[] preface = [.. "TSDBCLUS"u8, 5, 1, .. "what protocol 5 says then"u8];
        await client.GetStream().WriteAsync(preface, Ct);
        byte[] answer = new byte[26];
        await client.GetStream().ReadExactlyAsync(answer, Ct);
        Assert.Equal(("TSDBCLUS", 4, 2), (Encoding.UTF8.GetString(answer[..8]), answer[8], answer[9]));
    }

    private static MemoryStream Lines(int count) => new(Encoding.UTF8.GetBytes(string.Concat(
        Enumerable.Range(0, count).Select(i => $"t,host=h v={i}i {1_700_000_000_000_000_000 + i}\n"))));

    private static async Task<IMqttClient> ConnectAsync(int port, string clientId)
    {
        IMqttClient client = new MqttClientFactory().CreateMqttClient();
        await client.ConnectAsync(
            new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).WithClientId(clientId)
                .WithProtocolVersion(MQTTnet.Formatter.MqttProtocolVersion.V500).Build(),
            Ct);
        return client;
    }

    private static async Task PublishAsync(IMqttClient client, string topic, byte[] payload, bool retain) =>
        Assert.True((await client.PublishAsync(
            new MqttApplicationMessageBuilder().WithTopic(topic).WithPayload(payload).WithRetainFlag(retain)
                .WithQualityOfServiceLevel(MQTTnet.Protocol.MqttQualityOfServiceLevel.AtLeastOnce).Build(),
            Ct)).IsSuccess);
}
