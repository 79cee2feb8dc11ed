using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using MQTTnet.AspNetCore;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Exceptions;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using MQTTnet.Server;
using TsDb.Adapters.Hosting;
using TsDb.Storage.Ingest;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>
/// The edge's own broker for sensors: takes points and passes messages on to nobody. A publish is
/// acknowledged after its points are durable. Publishes of one connection do not wait for each other: the
/// acknowledgement waits in the loop that sends, while the loop that receives goes on, so that many publishes
/// share one commit.
/// </summary>
/// <remarks>
/// When points cannot be stored for now, the connection is closed without an acknowledgement: the sender
/// keeps what is not acknowledged and sends it again, in order. A payload that can never be stored is
/// acknowledged, to MQTT 5 senders with the reason, so that it does not block what comes behind it.
/// </remarks>
public sealed class SensorBroker : IAsyncDisposable
{
    private readonly SensorBrokerOptions _options;
    private readonly SensorIntake _intake;
    private readonly ILogger _log;
    private readonly ByteBudget _budget;
    private readonly PacketGuard _guard;
    private readonly MqttConnectionHandler _connections = new();
    private readonly MqttServer _server;
    private readonly ConcurrentDictionary<EndPoint, SensorConnection> _known = new();
    private long _unnamedClients;

    /// <summary>
    /// Prepares the broker; it takes connections once it is attached to a listener and started.
    /// </summary>
    public SensorBroker(IngestPipeline pipeline, SensorBrokerOptions options, ILoggerFactory loggers)
    {
        (_options, _log) = (options, loggers.CreateLogger("TsDb.Mqtt.Sensors"));
        _intake = new SensorIntake(pipeline, options.Rules, refusesUnmapped: true, _log);
        _budget = new ByteBudget(options.BytesInFlightMax, options.Clock);
        _guard = new PacketGuard(options.PacketBytesMax);
        MqttServerOptions server = new MqttServerOptionsBuilder().WithoutDefaultEndpoint().Build();
        _server = new MqttServer(server, [new NamingAdapter(_connections)], MqttNetNullLogger.Instance);
        _server.ValidatingConnectionAsync += OnConnecting;
        _server.InterceptingInboundPacketAsync += OnReceivedAsync;
        _server.InterceptingPublishAsync += OnPublish;
        _server.InterceptingOutboundPacketAsync += OnSendingAsync;
        _server.ClientDisconnectedAsync += OnDisconnected;
    }

    /// <summary>Payload bytes received and not yet committed, and their bound.</summary>
    public ByteBudget BytesInFlight => _budget;

    /// <summary>Starts the broker; to be called before the listener opens.</summary>
    public Task StartAsync() => _server.StartAsync();

    /// <summary>Makes a listener of Kestrel speak MQTT to sensors.</summary>
    public void Attach(ListenOptions listener)
    {
        listener.Use(_guard.Around);
        listener.Run(_connections.OnConnectedAsync);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server.IsStarted) await _server.StopAsync(new MqttServerStopOptions());
        _server.Dispose();
    }

    private Task OnConnecting(ValidatingConnectionEventArgs e)
    {
        if (string.IsNullOrEmpty(e.ClientId))
        {
            long number = Interlocked.Increment(ref _unnamedClients);
            e.AssignedClientIdentifier = string.Create(CultureInfo.InvariantCulture, $"unnamed-v5-{number}");
        }

        if (!_options.Authorizer.IsAllowed(new AccessRequest("mqtt", "connect", "", e.UserName)))
            e.ReasonCode = MqttConnectReasonCode.NotAuthorized;
        return Task.CompletedTask;
    }

    private async Task OnReceivedAsync(InterceptingPacketEventArgs e)
    {
        switch (e.Packet)
        {
            case MqttPublishPacket publish:
                await TakeAsync(ConnectionOf(e), publish, e.CancellationToken);
                break;
            case MqttPubRelPacket release:
                ConnectionOf(e).EndExactlyOnce(release.PacketIdentifier);
                break;
            default:
                break;
        }
    }

    private async Task TakeAsync(SensorConnection connection, MqttPublishPacket publish, CancellationToken ct)
    {
        string topic = connection.TopicOf(publish);
        bool exactlyOnce = publish.QualityOfServiceLevel == MqttQualityOfServiceLevel.ExactlyOnce;
        Task<SensorAnswer>? answer = exactlyOnce ? connection.SentBefore(publish.PacketIdentifier) : null;
        if (answer is null)
        {
            long bytes = publish.Payload.Length;
            await _budget.TryTakeAsync(bytes, Timeout.InfiniteTimeSpan, ct);
            answer = TakeWithinBudgetAsync(topic, publish, bytes);
            if (exactlyOnce) connection.BeginExactlyOnce(publish.PacketIdentifier, answer);
        }

        if (publish.QualityOfServiceLevel > MqttQualityOfServiceLevel.AtMostOnce)
            connection.Expect(publish.PacketIdentifier, answer);
    }

    private async Task<SensorAnswer> TakeWithinBudgetAsync(
        string topic, MqttPublishPacket publish, long bytes)
    {
        try
        {
            // Not the connection's token: what was received is stored even if the sender is gone by then.
            return await _intake.TakeAsync(topic, publish.Payload, CancellationToken.None);
        }
        finally
        {
            _budget.Return(bytes);
        }
    }

    private Task OnPublish(InterceptingPublishEventArgs e)
    {
        // An endpoint, not a queue: nothing is kept or passed on, so no slow subscriber can fill the memory.
        e.ProcessPublish = false;
        return Task.CompletedTask;
    }

    private async Task OnSendingAsync(InterceptingPacketEventArgs e)
    {
        switch (e.Packet)
        {
            case MqttPubAckPacket ack when await AnswerOfAsync(e, ack.PacketIdentifier) is { } refused:
                ack.ReasonCode = MqttPubAckReasonCode.PayloadFormatInvalid;
                ack.ReasonString = refused.Reason;
                break;
            case MqttPubRecPacket rec when await AnswerOfAsync(e, rec.PacketIdentifier) is { } refused:
                rec.ReasonCode = MqttPubRecReasonCode.PayloadFormatInvalid;
                rec.ReasonString = refused.Reason;
                break;
            default:
                break;
        }
    }

    /// <summary>Waits until the packet may be acknowledged; null for good, else why it was refused.</summary>
    private async Task<SensorAnswer?> AnswerOfAsync(InterceptingPacketEventArgs e, ushort packetId)
    {
        Task<SensorAnswer>? waiting = ConnectionOf(e).TakeExpected(packetId);
        SensorAnswer answer = waiting is null
            ? new SensorAnswer(SensorOutcome.Failed, "an acknowledgement without a message")
            : await waiting;
        if (answer.Outcome == SensorOutcome.Done) return null;
        if (answer.Outcome == SensorOutcome.Refused) return answer;
        Log.ConnectionClosed(_log, e.ClientId, answer.Reason);

        // Ends the connection before the acknowledgement is sent.
        throw new MqttCommunicationException(answer.Reason);
    }

    private Task OnDisconnected(ClientDisconnectedEventArgs e)
    {
        _known.TryRemove(e.RemoteEndPoint, out _);
        return Task.CompletedTask;
    }

    private SensorConnection ConnectionOf(InterceptingPacketEventArgs e) =>
        _known.GetOrAdd(e.RemoteEndPoint, _ => new SensorConnection());
}
