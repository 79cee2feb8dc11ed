using System.Buffers;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Shipping;

namespace TsDb.Adapters.Mqtt.Uplink;

/// <summary>
/// The edge's MQTT 5 connection: one broker at a time out of a list, the next one when it fails, with growing
/// pauses once all have failed. What arrives goes into a bounded queue; while that is full the broker has to
/// wait.
/// </summary>
internal sealed class MqttUplink : IDisposable
{
    /// <summary>Fixed header, lengths, packet id and property length of a PUBLISH with QoS 1.</summary>
    private const int PublishOverheadBytes = 10;
    private const int TopicAliasBytes = 3;
    private const int TopicAliasesMax = 64;

    // The default of 8 KiB becomes the socket's buffers and costs a factor of 100 on large messages.
    private const int SocketBufferBytes = 1 << 20;
    private const int PacketBytesMax = ShipmentLimits.MessageBytesMax + ShipmentLimits.HeadroomBytes;

    private readonly UplinkOptions _options;
    private readonly ChannelWriter<ShipInput> _events;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Random _chance;
    private readonly IMqttClient _client;
    private long _bytesSent;
    private volatile int _chunkBytes = ShipmentLimits.ChunkBytesDefault;
    private volatile TopicAliases _aliases;
    private TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Set once the library has done with a connection, or with one that never came about.
    private TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MqttUplink(UplinkOptions options, ChannelWriter<ShipInput> events, TimeProvider clock, ILogger log)
    {
        (_options, _events, _clock, _log) = (options, events, clock, log);
        _chance = new Random(options.Instance.GetHashCode());
        _aliases = new TopicAliases(max: 0, clock);
        _client = new MqttClientFactory().CreateMqttClient(new KeepAliveAdapter(options.KeepAlive, clock));
        _client.ApplicationMessageReceivedAsync += ReceiveAsync;
        _client.DisconnectedAsync += e =>
        {
            // The library also tells of a connection that never came about: should that come late, the next
            // broker may be connected, and it must not be taken for lost.
            if (_client.IsConnected) return Task.CompletedTask;
            _lost.TrySetResult(e.ReasonString ?? e.Exception?.Message ?? e.Reason.ToString());
            _ended.TrySetResult();
            return Task.CompletedTask;
        };
    }

    /// <summary>Takes the cloud's questions, with the largest part that an answer may be sent in.</summary>
    public Action<EdgeQuery, int>? OnQuery { get; set; }

    /// <summary>Stays connected until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        TimeSpan pause = _options.BackOffMin;
        for (int turn = 0; !ct.IsCancellationRequested; turn++)
        {
            Uri broker = _options.Brokers[turn % _options.Brokers.Length];
            long connectedAt = _clock.GetTimestamp();
            string reason = await StayAsync(broker, ct);
            await _events.WriteAsync(new ShipInput.Down(reason), ct);
            Log.UplinkLost(_log, broker, reason);

            // A connection that held for a while shows that trying at once is worth it.
            if (_clock.GetElapsedTime(connectedAt) > _options.MuteMax) pause = _options.BackOffMin;
            else if ((turn + 1) % _options.Brokers.Length == 0)
            {
                await Task.Delay(pause * (0.5 + _chance.NextDouble()), _clock, ct);
                pause = pause * 2 < _options.BackOffMax ? pause * 2 : _options.BackOffMax;
            }
        }
    }

    /// <summary>Gives this connection up: the next broker is tried.</summary>
    public void Reset(string reason) => _lost.TrySetResult(reason);

    /// <summary>
    /// Publishes with QoS 1 and waits for the broker. Returns null, or why it did not take the message; the
    /// broker's answer means nothing for the data, only that there is room for more.
    /// </summary>
    public async Task<string?> PublishAsync(string topic, byte[] payload, bool retain, CancellationToken ct)
    {
        TopicAliases aliases = _aliases;
        (ushort alias, bool isKnown) = retain ? default : aliases.For(topic);
        MqttApplicationMessage message = new()
        {
            Topic = isKnown ? "" : topic,
            TopicAlias = alias,
            Payload = new ReadOnlySequence<byte>(payload),
            QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
            Retain = retain,
        };
        TaskCompletionSource<string> lost = _lost;
        if (!_client.IsConnected) return "there is no connection to a broker";
        int topicBytes = (isKnown ? 0 : topic.Length) + (alias > 0 ? TopicAliasBytes : 0);
        Interlocked.Add(ref _bytesSent, PublishOverheadBytes + topicBytes + payload.Length);
        try
        {
            MqttClientPublishResult result = await _client.PublishAsync(message, ct);
            if (alias > 0) aliases.Acknowledge(topic, alias);
            return result.IsSuccess || result.ReasonCode == MqttClientPublishReasonCode.NoMatchingSubscribers
                ? null
                : $"the broker refused a message to {topic}: {result.ReasonCode} {result.ReasonString}";
        }
        catch (Exception e) when (e is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            // Whatever broke, the connection is of no more use: the protocol repeats what was not answered.
            lost.TrySetResult(e.Message);
            return e.Message;
        }
    }

    /// <summary>Says good-bye: offline presence, then a clean disconnect.</summary>
    public async Task CloseAsync(CancellationToken ct)
    {
        if (!_client.IsConnected) return;
        await PublishAsync(_options.Topics.Presence(_options.Edge), PresenceBytes(false), retain: true, ct);
        await DisconnectAsync();
    }

    /// <summary>Bytes of all publishes since start, MQTT framing included, repetitions too.</summary>
    public long BytesSent => Interlocked.Read(ref _bytesSent);

    public void Dispose() => _client.Dispose();

    private async Task<string> StayAsync(Uri broker, CancellationToken ct)
    {
        try
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            using CancellationTokenSource timer = new(_options.Timeout, _clock);
            await using CancellationTokenRegistration link = timer.Token.Register(limit.Cancel);
            _ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            MqttClientConnectResult result = await _client.ConnectAsync(OptionsFor(broker), limit.Token);
            _lost = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!_client.IsConnected) return "the broker closed the connection at once";
            _aliases = new TopicAliases(Math.Min((int)result.TopicAliasMaximum, TopicAliasesMax), _clock);
            int chunkBytes = ChunkBytes(result);
            _chunkBytes = chunkBytes;
            await SubscribeAsync(limit.Token);
            string? refused = await PublishAsync(
                _options.Topics.Presence(_options.Edge), PresenceBytes(true), retain: true, limit.Token);
            if (refused is not null) return refused;
            Log.UplinkUp(_log, broker, chunkBytes);
            await _events.WriteAsync(new ShipInput.Up(chunkBytes), ct);
            return await _lost.Task.WaitAsync(ct);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return $"no answer within {_options.Timeout.TotalSeconds:0} s";
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A broker may fail in more ways than its library names; each means: try the next one.
            return e.Message;
        }
        finally
        {
            if (!ct.IsCancellationRequested)
            {
                await DisconnectAsync();
                await EndAsync(ct);
            }
        }
    }

    // Before that the library refuses the next connection, and all brokers would be tried in vain within a
    // moment.
    private async Task EndAsync(CancellationToken ct)
    {
        Task ended = _ended.Task.WaitAsync(_options.Timeout, _clock, ct);
        await ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task DisconnectAsync()
    {
        try
        {
            if (_client.IsConnected) await _client.DisconnectAsync();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Log.DisconnectFailed(_log, e.Message);
        }
    }

    private MqttClientOptions OptionsFor(Uri broker)
    {
        MqttClientOptions options = new MqttClientOptionsBuilder()
            .WithTcpServer(broker.Host, broker.Port)
            .WithProtocolVersion(MqttProtocolVersion.V500)
            .WithClientId(EdgeClientId.Of(_options.Edge, _options.Instance))
            .WithCleanStart()
            .WithNoKeepAlive()
            .WithTimeout(_options.Timeout)
            .WithMaximumPacketSize(PacketBytesMax)
            .WithWillTopic(_options.Topics.Presence(_options.Edge))
            .WithWillPayload(PresenceBytes(false))
            .WithWillRetain()
            .WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce)
            .Build();
        ((MqttClientTcpOptions)options.ChannelOptions).BufferSize = SocketBufferBytes;
        return options;
    }

    private int ChunkBytes(MqttClientConnectResult result)
    {
        long broker =
            result.MaximumPacketSize is { } max and > 0 ? max - ShipmentLimits.HeadroomBytes : long.MaxValue;
        if (broker < ShipmentLimits.ChunkBytesMin)
        {
            throw new TsDbException(
                ErrorKind.Invalid,
                $"the broker takes packets of {result.MaximumPacketSize} bytes only: raise its limit");
        }

        return (int)Math.Min(broker, _options.ChunkBytesMax);
    }

    private async Task SubscribeAsync(CancellationToken ct)
    {
        MqttClientSubscribeOptions filters = new MqttClientSubscribeOptionsBuilder()
            .WithTopicFilter(_options.Topics.Ack(_options.Edge), MqttQualityOfServiceLevel.AtLeastOnce)
            .WithTopicFilter(_options.Topics.Cluster, MqttQualityOfServiceLevel.AtLeastOnce)
            .WithTopicFilter(_options.Topics.Query(_options.Edge), MqttQualityOfServiceLevel.AtLeastOnce)
            .Build();
        MqttClientSubscribeResult result = await _client.SubscribeAsync(filters, ct);
        foreach (MqttClientSubscribeResultItem item in result.Items)
        {
            if (item.ResultCode > MqttClientSubscribeResultCode.GrantedQoS2)
            {
                throw new TsDbException(
                    ErrorKind.Invalid,
                    $"the broker refuses a subscription to {item.TopicFilter.Topic}: {item.ResultCode}");
            }
        }
    }

    private async Task ReceiveAsync(MqttApplicationMessageReceivedEventArgs e)
    {
        if (!_options.Topics.TryParse(e.ApplicationMessage.Topic, out ShipmentTopic topic)) return;
        try
        {
            ReadOnlySequence<byte> payload = e.ApplicationMessage.Payload;
            if (topic.Kind == ShipmentTopicKind.Query)
            {
                OnQuery?.Invoke(ShipmentCodec.DecodeEdgeQuery(payload.ToArray()), _chunkBytes);
                return;
            }

            ReadOnlySpan<byte> bytes = payload.IsSingleSegment ? payload.FirstSpan : payload.ToArray();
            ShipInput? said = topic.Kind switch
            {
                ShipmentTopicKind.Cluster => new ShipInput.Cluster(ShipmentCodec.DecodeClusterInfo(bytes)),
                ShipmentTopicKind.Ack => new ShipInput.Answers(ShipmentCodec.DecodeEdgeAnswers(bytes)),
                _ => null,
            };
            if (said is not null) await TellAsync(said);
        }
        catch (TsDbException broken) when (broken.Kind == ErrorKind.Invalid)
        {
            Log.MessageRefused(_log, e.ApplicationMessage.Topic, broken.Message);
            if (topic.Kind != ShipmentTopicKind.Query)
            {
                string reason = $"a message on {e.ApplicationMessage.Topic} cannot be used: {broken.Message}";
                await TellAsync(new ShipInput.Told(new ShipEvent.NotUnderstood(reason)));
            }
        }
    }

    private async Task TellAsync(ShipInput said)
    {
        try
        {
            await _events.WriteAsync(said);
        }
        catch (ChannelClosedException)
        {
            Log.MessageRefused(_log, "the uplink", "shipping has ended");
        }
    }

    private byte[] PresenceBytes(bool isOnline) =>
        ShipmentCodec.Encode(new Presence(_options.Edge, _options.Instance, isOnline));
}
