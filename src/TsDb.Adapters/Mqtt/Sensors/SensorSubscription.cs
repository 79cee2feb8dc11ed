using System.Globalization;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using TsDb.Storage.Ingest;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>
/// Takes points from a broker that is there already: subscribes at QoS 1 and acknowledges each message after
/// its points are durable, in the order received. The broker keeps the session, so messages published while
/// this node is away arrive later. When points cannot be stored for now, the connection is dropped and what
/// was not acknowledged comes again.
/// </summary>
public sealed class SensorSubscription(
    IngestPipeline pipeline, SensorSubscriptionOptions options, ILoggerFactory loggers)
{
    /// <summary>
    /// The default of 8 KiB becomes the socket's buffer and makes large messages a hundred times slower.
    /// </summary>
    private const int SocketBytes = 1 << 20;

    private readonly ILogger _log = loggers.CreateLogger("TsDb.Mqtt.Sensors");

    private string Broker =>
        string.Create(CultureInfo.InvariantCulture, $"mqtt://{options.Host}:{options.Port}");

    /// <summary>
    /// Connects, subscribes and takes messages until cancelled; comes back after every failure.
    /// </summary>
    public async Task RunAsync(CancellationToken ct)
    {
        TimeSpan wait = options.RetryMin;
        while (!ct.IsCancellationRequested)
        {
            string reason;
            try
            {
                reason = await TakeAsync(() => wait = options.RetryMin, ct);
            }
            catch (Exception error) when (
                error is MqttCommunicationException or TimeoutException or IOException
                || (error is OperationCanceledException && !ct.IsCancellationRequested))
            {
                reason = error.Message;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            if (ct.IsCancellationRequested) return;
            Log.BrokerLost(_log, Broker, wait, reason);
            await Task.Delay(wait, options.Clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = wait * 2 < options.RetryMax ? wait * 2 : options.RetryMax;
        }
    }

    /// <summary>One connection from its start to its end; returns why it ended.</summary>
    private async Task<string> TakeAsync(Action subscribed, CancellationToken ct)
    {
        using IMqttClient client = new MqttClientFactory().CreateMqttClient();
        TaskCompletionSource<string> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        // A broker shared with others carries much that is no business of ours.
        SensorIntake intake = new(pipeline, options.Rules, refusesUnmapped: false, _log);
        Task<bool> acknowledged = Task.FromResult(true);
        client.DisconnectedAsync += e =>
        {
            ended.TrySetResult(e.ReasonString ?? e.Exception?.Message ?? e.Reason.ToString());
            return Task.CompletedTask;
        };
        client.ApplicationMessageReceivedAsync += e =>
        {
            e.AutoAcknowledge = false;
            Task<SensorAnswer> answer = intake.TakeAsync(
                e.ApplicationMessage.Topic, e.ApplicationMessage.Payload, CancellationToken.None);
            acknowledged = AcknowledgeAsync(acknowledged, e, answer, ended, ct);

            // At QoS 0 no acknowledgement bounds what is under way, so the next message waits for this one.
            return e.ApplicationMessage.QualityOfServiceLevel == MqttQualityOfServiceLevel.AtMostOnce
                ? answer
                : Task.CompletedTask;
        };
        await client.ConnectAsync(ClientOptions(), ct);
        await client.SubscribeAsync(SubscribeOptions(), ct);
        Log.Subscribed(_log, Broker);
        subscribed();
        string reason = await ended.Task.WaitAsync(ct);
        await acknowledged;
        if (client.IsConnected)
            await client.DisconnectAsync(new MqttClientDisconnectOptions(), CancellationToken.None);
        return reason;
    }

    /// <summary>
    /// Acknowledges a message after those before it; false from the first that could not be stored.
    /// </summary>
    private static async Task<bool> AcknowledgeAsync(
        Task<bool> before,
        MqttApplicationMessageReceivedEventArgs message,
        Task<SensorAnswer> answer,
        TaskCompletionSource<string> ended,
        CancellationToken ct)
    {
        SensorAnswer outcome = await answer;
        if (!await before) return false;
        if (outcome.Outcome == SensorOutcome.Failed)
        {
            ended.TrySetResult(outcome.Reason);
            return false;
        }

        try
        {
            await message.AcknowledgeAsync(ct);
            return true;
        }
        catch (Exception error) when (
            error is MqttCommunicationException or OperationCanceledException or IOException
            or InvalidOperationException)
        {
            // Stored but not acknowledged: it comes again, and counts once.
            ended.TrySetResult(error.Message);
            return false;
        }
    }

    private MqttClientOptions ClientOptions()
    {
        MqttClientOptions client = new MqttClientOptionsBuilder()
            .WithTcpServer(options.Host, options.Port)
            .WithProtocolVersion(MqttProtocolVersion.V500)
            .WithClientId(options.ClientId)
            .WithCleanStart(false)
            .WithSessionExpiryInterval(uint.MaxValue)
            .WithReceiveMaximum(options.MessagesInFlightMax)
            .WithMaximumPacketSize(options.PacketBytesMax)
            .Build();
        ((MqttClientTcpOptions)client.ChannelOptions).BufferSize = SocketBytes;
        return client;
    }

    private MqttClientSubscribeOptions SubscribeOptions()
    {
        MqttClientSubscribeOptionsBuilder subscribe = new();
        foreach (string filter in options.Filters)
        {
            // Retained messages are what was, not what is measured: not again at every reconnect.
            subscribe.WithTopicFilter(topic => topic
                .WithTopic(filter)
                .WithAtLeastOnceQoS()
                .WithRetainHandling(MqttRetainHandling.SendAtSubscribeIfNewSubscriptionOnly));
        }

        return subscribe.Build();
    }
}
