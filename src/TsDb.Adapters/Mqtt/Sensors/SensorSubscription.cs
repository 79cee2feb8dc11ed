using System.Buffers;
using System.Globalization;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using TsDb.Adapters.Hosting;
using TsDb.Storage.Sensors;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>
/// Takes points from a broker that is there already: subscribes at QoS 1 and acknowledges each message after
/// its points are durable, in the order received. The broker keeps the session, so messages published while
/// this node is away arrive later. When points cannot be stored for now, the connection is dropped and what
/// was not acknowledged comes again.
/// </summary>
/// <remarks>
/// Bounded: Receive Maximum limits the messages that the broker sends before the first is acknowledged, and
/// beyond <see cref="SensorSubscriptionOptions.BytesInFlightMax"/> the socket is not read.
/// </remarks>
public sealed class SensorSubscription
{
    /// <summary>
    /// The default of 8 KiB becomes the socket's buffer and makes large messages a hundred times slower.
    /// </summary>
    private const int SocketBytes = 1 << 20;

    private readonly SensorIntake _intake;
    private readonly SensorRulesSource _rules;
    private readonly SensorSubscriptionOptions _options;
    private readonly ILogger _log;
    private readonly HashSet<string> _subscribed = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Prepares the subscription.</summary>
    public SensorSubscription(
        SensorIntake intake, SensorRulesSource rules, SensorSubscriptionOptions options,
            ILoggerFactory loggers)
    {
        (_intake, _rules, _options) = (intake, rules, options);
        _log = loggers.CreateLogger("TsDb.Mqtt.Sensors");
    }

    /// <summary>Ends when the broker has taken the subscription for the first time.</summary>
    public Task Subscribed => _first.Task;

    private string Broker =>
        string.Create(CultureInfo.InvariantCulture, $"mqtt://{_options.Host}:{_options.Port}");

    /// <summary>
    /// Connects, subscribes and takes messages until cancelled; comes back after every failure.
    /// </summary>
    public async Task RunAsync(CancellationToken ct)
    {
        TimeSpan wait = _options.RetryMin;
        while (!ct.IsCancellationRequested)
        {
            string reason;
            try
            {
                reason = await TakeAsync(() => wait = _options.RetryMin, ct);
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
            await Task.Delay(wait, _options.Clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = wait * 2 < _options.RetryMax ? wait * 2 : _options.RetryMax;
        }
    }

    /// <summary>What to subscribe to by the rules: everything if anything may become points.</summary>
    internal static IReadOnlyList<string> FiltersOf(SensorRules rules) =>
        rules.Unmatched == UnmatchedTopics.BuiltIn
            ? ["#"]
            : [.. rules.Rules.Where(rule => !rule.IsIgnored).Select(rule => rule.Topic.Filter).Distinct()];

    /// <summary>One connection from its start to its end; returns why it ended.</summary>
    private async Task<string> TakeAsync(Action subscribed, CancellationToken ct)
    {
        // One of its own for each connection: what the library had queued goes with it.
        ByteBudget held = new(_options.BytesInFlightMax, _options.Clock);
        using IMqttClient client = new MqttClientFactory().CreateMqttClient(
            new KeepAliveAdapter(_options.KeepAlive, _options.Clock, new BoundedClientAdapter(held)));
        TaskCompletionSource<string> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<bool> acknowledged = Task.FromResult(true);
        client.DisconnectedAsync += e =>
        {
            ended.TrySetResult(e.ReasonString ?? e.Exception?.Message ?? e.Reason.ToString());
            return Task.CompletedTask;
        };
        client.ApplicationMessageReceivedAsync += e =>
        {
            e.AutoAcknowledge = false;
            acknowledged = AcknowledgeAsync(acknowledged, e, Take(e.ApplicationMessage, held), ended, ct);
            return Task.CompletedTask;
        };
        _intake.Sparkplug.Interrupt();
        _intake.Sparkplug.SendCommand = (topic, payload) => Send(client, topic, payload, ct);
        SensorRules rules = _rules.Current;
        await client.ConnectAsync(ClientOptions(), ct);
        await SubscribeAsync(client, FiltersOf(rules), ct);
        subscribed();
        string reason = await UntilEndedAsync(ended.Task, rules, ct);
        await acknowledged;
        if (client.IsConnected)
            await client.DisconnectAsync(new MqttClientDisconnectOptions(), CancellationToken.None);
        return reason;
    }

    private async Task<string> UntilEndedAsync(Task<string> ended, SensorRules rules, CancellationToken ct)
    {
        while (true)
        {
            Task passed = Task.Delay(_options.RetryMin, _options.Clock, ct);
            if (await Task.WhenAny(ended, passed) == ended) return await ended;
            ct.ThrowIfCancellationRequested();
            bool isOther = !ReferenceEquals(rules, _rules.Current)
                && !FiltersOf(rules).SequenceEqual(FiltersOf(_rules.Current));
            if (isOther) return "the rules name other topics";
        }
    }

    private Task<(MessageOutcome Outcome, string? Reason)> Take(MqttApplicationMessage message,
        ByteBudget held)
    {
        Receipt receipt = new(() => held.Return(BoundedClientAdapter.BytesOf(message.Payload.Length)));
        ReadOnlySequence<byte> payload = message.Payload;
        _intake.Take(message.Topic, payload.IsSingleSegment ? payload.FirstSpan : payload.ToArray(), receipt);
        return receipt.Ending;
    }

    /// <summary>
    /// Acknowledges a message after those before it; false from the first that could not be stored.
    /// </summary>
    private static async Task<bool> AcknowledgeAsync(
        Task<bool> before,
        MqttApplicationMessageReceivedEventArgs message,
        Task<(MessageOutcome Outcome, string? Reason)> ending,
        TaskCompletionSource<string> ended,
        CancellationToken ct)
    {
        (MessageOutcome outcome, string? reason) = await ending;
        if (!await before) return false;
        if (outcome == MessageOutcome.Failed)
        {
            ended.TrySetResult(reason ?? "a message could not be stored");
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

    private async void Send(IMqttClient client, string topic, byte[] payload, CancellationToken ct)
    {
        try
        {
            Log.RebirthAsked(_log, topic);
            await client.PublishBinaryAsync(topic, payload, cancellationToken: ct);
        }
        catch (Exception error) when (
            error is MqttCommunicationException or OperationCanceledException or IOException
            or InvalidOperationException)
        {
            // The connection is down: the node is asked again when it is next heard.
            Log.CommandNotSent(_log, topic, error.Message);
        }
    }

    private async Task SubscribeAsync(IMqttClient client, IReadOnlyList<string> filters, CancellationToken ct)
    {
        // The broker keeps the session: what it should not send any more has to be said.
        foreach (string old in _subscribed.Except(filters).ToArray())
        {
            await client.UnsubscribeAsync(old, ct);
            _subscribed.Remove(old);
        }

        MqttClientSubscribeOptionsBuilder subscribe = new();
        foreach (string filter in filters)
        {
            // Retained messages are what was, not what is measured: not again at every reconnect.
            subscribe.WithTopicFilter(topic => topic
                .WithTopic(filter)
                .WithAtLeastOnceQoS()
                .WithRetainHandling(MqttRetainHandling.SendAtSubscribeIfNewSubscriptionOnly));
        }

        if (filters.Count > 0) await client.SubscribeAsync(subscribe.Build(), ct);
        _subscribed.UnionWith(filters);
        Log.Subscribed(_log, Broker, string.Join(", ", filters));
        _first.TrySetResult();
    }

    private MqttClientOptions ClientOptions()
    {
        MqttClientOptions client = new MqttClientOptionsBuilder()
            .WithTcpServer(_options.Host, _options.Port)
            .WithProtocolVersion(MqttProtocolVersion.V500)
            .WithClientId(_options.ClientId)
            .WithCleanStart(false)
            .WithSessionExpiryInterval(uint.MaxValue)
            .WithReceiveMaximum(_options.MessagesInFlightMax)
            .WithMaximumPacketSize(_options.PacketBytesMax)
            .WithNoKeepAlive()
            .Build();
        ((MqttClientTcpOptions)client.ChannelOptions).BufferSize = SocketBytes;
        return client;
    }

    private sealed class Receipt(Action giveBack) : SensorReceipt
    {
        private readonly TaskCompletionSource<(MessageOutcome, string?)> _ending =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<(MessageOutcome Outcome, string? Reason)> Ending => _ending.Task;

        protected override void Ended(MessageOutcome outcome, string? reason)
        {
            giveBack();
            _ending.SetResult((outcome, reason));
        }
    }
}
