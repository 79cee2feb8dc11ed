using Microsoft.Extensions.Logging.Abstractions;
using MQTTnet.Server;
using TsDb.Adapters.Mqtt.Sensors;
using TsDb.Cli.Demo;
using TsDb.Model;
using TsDb.Storage.Ingest;
using TsDb.Storage.Sensors;
using TsDb.Tests.Storage.Ingest;

namespace TsDb.Tests.Adapters.Mqtt;

/// <summary>Sensors at a broker that is not ours.</summary>
public sealed class SensorSubscriptionTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_message_is_acknowledged_after_the_commit_and_comes_again_after_a_failure()
    {
        int port = FreePorts.Next();
        using MqttServer broker = new MqttServerFactory().CreateMqttServer(new MqttServerOptionsBuilder()
            .WithDefaultEndpoint()
            .WithDefaultEndpointBoundIPAddress(System.Net.IPAddress.Loopback)
            .WithDefaultEndpointPort(port)
            .WithPersistentSessions()
            .Build());
        TaskCompletionSource subscribed = new();
        TaskCompletionSource acknowledged = new();
        broker.ClientSubscribedTopicAsync += _ => Note(subscribed);
        broker.ClientAcknowledgedPublishPacketAsync += _ => Note(acknowledged);
        await broker.StartAsync();
        MemoryTarget target = new() { Failure = new TsDbException(ErrorKind.Unavailable, "full") };
        using CancellationTokenSource stop = new();
        SensorRulesSource rules = new(SensorRules.Default);
        SensorIntake intake = new(
            new IngestPipeline(target, IngestRig.Setup()), rules,
            new SensorIntakeOptions { IsShared = true,
                Gather = new GatherLimits { HoldMax = TimeSpan.Zero } },
            NullLoggerFactory.Instance);
        Task running = new SensorSubscription(
            intake,
            rules,
            new SensorSubscriptionOptions
            {
                Host = "127.0.0.1",
                Port = port,
                ClientId = "tsdb-edge1",
                RetryMin = TimeSpan.FromMilliseconds(50),
                RetryMax = TimeSpan.FromMilliseconds(50),
            },
            NullLoggerFactory.Instance).RunAsync(stop.Token);
        await subscribed.Task.WaitAsync(Soon);
        await broker.InjectApplicationMessage(
            new InjectedMqttApplicationMessage(SensorServer.Message("any", "m f=1 1")) { SenderClientId =
                "sensor" });
        while (target.Waiting < 2) await Task.Yield();
        Assert.False(acknowledged.Task.IsCompleted);
        target.Failure = null;
        await acknowledged.Task.WaitAsync(Soon);
        Assert.NotEmpty(target.Points("default", "m"));
        await stop.CancelAsync();
        await running.WaitAsync(Soon);
        await broker.StopAsync(new MqttServerStopOptions());
    }

    private static Task Note(TaskCompletionSource happened)
    {
        happened.TrySetResult();
        return Task.CompletedTask;
    }
}
