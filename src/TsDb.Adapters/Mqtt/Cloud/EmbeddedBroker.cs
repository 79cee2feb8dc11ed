using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.AspNetCore;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Protocol;
using MQTTnet.Server;
using TsDb.Adapters.Hosting;
using TsDb.Codec.Shipment;
using TsDb.Replication.Ports;

namespace TsDb.Adapters.Mqtt.Cloud;

/// <summary>
/// The broker inside a cloud node: an endpoint for edges, no queue. This node takes messages in process,
/// before the broker passes them on to the other nodes' connections; while it has no room, the connection
/// they came on waits. What the broker drops for a slow connection is repaired by the protocol.
/// </summary>
public sealed class EmbeddedBroker : IAsyncDisposable
{
    /// <summary>Largest packet, header left out.</summary>
    public const int PacketBytesMax = ShipmentLimits.MessageBytesMax + ShipmentLimits.HeadroomBytes;

    /// <summary>How this node calls its own broker.</summary>
    internal const string Name = "embedded";

    private readonly CloudBrokerOptions _options;
    private readonly TopicRules _rules;
    private readonly ILogger _log;
    private readonly PacketGuard _guard = new(PacketBytesMax);
    private readonly MqttConnectionHandler _connections = new();
    private readonly MqttServer _server;
    private readonly Dictionary<string, object> _ownSession = [];
    private readonly ConcurrentDictionary<string, ReadOnlyMemory<byte>> _retained =
        new(StringComparer.Ordinal);
    private readonly Lock _hearing = new();
    private readonly CancellationTokenSource _stopping = new();

    // Presences that came before this node heard their topic, as edges may connect while it starts: what a
    // retained message is to other subscribers.
    private readonly Dictionary<string, byte[]> _unheard = new(StringComparer.Ordinal);
    private FilterSet _filters = new([]);
    private IEdgeInbox? _inbox;
    private Task _catchingUp = Task.CompletedTask;

    /// <summary>
    /// Prepares the broker; it takes connections once it is attached to a listener and started.
    /// </summary>
    public EmbeddedBroker(CloudBrokerOptions options, ILogger log)
    {
        (_options, _log) = (options, log);
        _rules = new TopicRules(options.Topics);
        MqttServerOptions server = new MqttServerOptionsBuilder()
            .WithoutDefaultEndpoint()
            .WithMaxPendingMessagesPerClient(options.PendingMessagesMax)
            .WithTcpKeepAliveInterval((int)options.KeepAlive.TotalSeconds)
            .Build();
        _server = new MqttServer(server, [_connections], MqttNetNullLogger.Instance);
        _server.ValidatingConnectionAsync += OnConnecting;
        _server.InterceptingPublishAsync += OnPublishAsync;
        _server.InterceptingSubscriptionAsync += OnSubscribing;
    }

    /// <summary>Makes a listener of Kestrel speak MQTT.</summary>
    public void Attach(ListenOptions listener)
    {
        listener.Use(_guard.Around);
        listener.Run(_connections.OnConnectedAsync);
    }

    /// <summary>Starts the broker; to be called before the listener opens.</summary>
    public async Task StartAsync()
    {
        await _server.StartAsync();
        foreach ((string topic, ReadOnlyMemory<byte> payload) in _retained)
            await PublishAsync(topic, payload, retain: true, CancellationToken.None);
    }

    /// <summary>From now on messages that match the filters also go to the inbox.</summary>
    internal void Deliver(IEdgeInbox inbox)
    {
        lock (_hearing)
        {
            _inbox = inbox;
            CatchUp();
        }
    }

    /// <summary>Says what the inbox hears; presences that are there already go to it at once.</summary>
    internal void Subscribe(FilterSet filters)
    {
        lock (_hearing)
        {
            _filters = filters;
            CatchUp();
        }
    }

    /// <summary>Sends a message to whoever is subscribed here.</summary>
    internal async Task PublishAsync(
        string topic, ReadOnlyMemory<byte> payload, bool retain, CancellationToken ct)
    {
        if (retain) _retained[topic] = payload;
        if (!_server.IsStarted) return;
        MqttApplicationMessage message = new()
        {
            Topic = topic,
            Payload = new ReadOnlySequence<byte>(payload),
            QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
            Retain = retain,
        };
        InjectedMqttApplicationMessage injected = new(message)
        {
            SenderClientId = NodeClientId.Of(_options.Self, _options.Instance),
            CustomSessionItems = _ownSession,
        };
        await _server.InjectApplicationMessage(injected, ct);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_server.IsStarted) await _server.StopAsync(new MqttServerStopOptions());
        _server.Dispose();
        _stopping.Dispose();
    }

    private void CatchUp()
    {
        if (_inbox is not { } inbox) return;
        (string Topic, byte[] Payload)[] heard =
            [.. _unheard.Where(said => _filters.Matches(said.Key)).Select(said => (said.Key, said.Value))];
        if (heard.Length == 0) return;
        foreach ((string topic, _) in heard) _unheard.Remove(topic);
        _catchingUp = CatchUpAsync(_catchingUp, inbox, heard, _stopping.Token);
    }

    // Never fails: what comes meanwhile waits for it, so that no older word goes over a newer one.
    private async Task CatchUpAsync(
        Task before, IEdgeInbox inbox, (string Topic, byte[] Payload)[] heard, CancellationToken stop)
    {
        await before;
        foreach ((string topic, byte[] payload) in heard)
        {
            try
            {
                await inbox.TakeAsync(Name, topic, payload, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Log.PresenceLost(_log, topic, e);
            }
        }
    }

    private Task OnConnecting(ValidatingConnectionEventArgs e)
    {
        if (string.IsNullOrEmpty(e.ClientId)) e.ReasonCode = MqttConnectReasonCode.ClientIdentifierNotValid;
        else if (!_options.Authorizer.IsAllowed(new AccessRequest("mqtt", "connect", e.ClientId, e.UserName)))
            e.ReasonCode = MqttConnectReasonCode.NotAuthorized;
        return Task.CompletedTask;
    }

    private Task OnSubscribing(InterceptingSubscriptionEventArgs e)
    {
        if (_rules.MaySubscribe(e.ClientId, e.TopicFilter.Topic)) return Task.CompletedTask;
        e.ProcessSubscription = false;
        e.Response.ReasonCode = MqttSubscribeReasonCode.NotAuthorized;
        Log.SubscriptionRefused(_log, e.ClientId, e.TopicFilter.Topic);
        return Task.CompletedTask;
    }

    private async Task OnPublishAsync(InterceptingPublishEventArgs e)
    {
        if (ReferenceEquals(e.SessionItems, _ownSession)) return;
        string topic = e.ApplicationMessage.Topic;
        if (!_rules.MayPublish(e.ClientId, topic))
        {
            e.ProcessPublish = false;
            e.Response.ReasonCode = MqttPubAckReasonCode.NotAuthorized;
            Log.PublishRefused(_log, e.ClientId, topic);
            return;
        }

        if (Hear(topic, e.ApplicationMessage) is not var (inbox, before)) return;
        await before;

        // The copy is ours: the packet's memory goes back to the connection.
        byte[] payload = e.ApplicationMessage.Payload.ToArray();
        await inbox.TakeAsync(Name, topic, payload, e.CancellationToken);
    }

    // Where the message goes, and what has to be there before it; null if this node does not hear it (yet).
    private (IEdgeInbox Inbox, Task Before)? Hear(string topic, MqttApplicationMessage message)
    {
        lock (_hearing)
        {
            if (_inbox is { } inbox && _filters.Matches(topic)) return (inbox, _catchingUp);
            if (message.Retain && _options.Topics.TryParse(topic, out ShipmentTopic parsed)
                && parsed.Kind == ShipmentTopicKind.Presence)
            {
                _unheard[topic] = message.Payload.ToArray();
            }

            return null;
        }
    }
}
