using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using TsDb.Adapters.Mqtt.Sensors;
using TsDb.Storage.Ingest;
using TsDb.Storage.Sensors;
using TsDb.Tests.Storage.Ingest;

namespace TsDb.Tests.Adapters.Mqtt;

/// <summary>The sensors' broker on a real listener of a free port, over a target in memory.</summary>
internal sealed class SensorServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SensorServer(
        WebApplication app, SensorBroker broker, SensorIntake intake, MemoryTarget target,
        IngestPipeline pipeline)
    {
        (_app, Broker, Intake, Target, Pipeline) = (app, broker, intake, target, pipeline);
        Port = new Uri(app.Urls.Single()).Port;
    }

    public SensorBroker Broker { get; }

    public SensorIntake Intake { get; }

    public MemoryTarget Target { get; }

    public IngestPipeline Pipeline { get; }

    public int Port { get; }

    public static async Task<SensorServer> StartAsync(
        SensorBrokerOptions? options = null, SensorRules? rules = null, TimeSpan hold = default)
    {
        MemoryTarget target = new();
        IngestPipeline pipeline = new(target, IngestRig.Setup());
        SensorIntake intake = new(
            pipeline, new SensorRulesSource(rules ?? SensorRules.Default),
            new SensorIntakeOptions { Gather = new GatherLimits { HoldMax = hold } },
            NullLoggerFactory.Instance);
        SensorBroker broker = new(intake, options ?? new SensorBrokerOptions(), NullLoggerFactory.Instance);
        await broker.StartAsync();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, broker.Attach));
        WebApplication app = builder.Build();
        await app.StartAsync();
        return new SensorServer(app, broker, intake, target, pipeline);
    }

    public async Task<IMqttClient> ConnectAsync(
        MqttProtocolVersion version = MqttProtocolVersion.V500, string? clientId = null)
    {
        IMqttClient client = new MqttClientFactory().CreateMqttClient();
        MqttClientOptionsBuilder options = new MqttClientOptionsBuilder()
            .WithTcpServer("127.0.0.1", Port)
            .WithProtocolVersion(version);
        if (clientId is not null) options.WithClientId(clientId);
        await client.ConnectAsync(options.Build());
        return client;
    }

    public static MqttApplicationMessage Message(
        string topic, string payload, MqttQualityOfServiceLevel level =
            MqttQualityOfServiceLevel.AtLeastOnce) =>
        new MqttApplicationMessageBuilder()
            .WithTopic(topic)
            .WithPayload(payload)
            .WithQualityOfServiceLevel(level)
            .Build();

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await Broker.DisposeAsync();
    }
}
