using System.Buffers;
using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using TsDb.Replication.Ports;

namespace TsDb.Adapters.Mqtt.Cloud;

/// <summary>
/// This node's connection to one broker: another member's or an outside one. Stays connected, hears the
/// filters it was given, sends what is put into its bounded outbox (the oldest is dropped when it is full),
/// and keeps retained messages in place.
/// </summary>
internal sealed class BrokerConnection : IAsyncDisposable
{
    // The default of 8 KiB becomes the socket's buffers and costs a factor of 100 on large messages.
    private const int SocketBufferBytes = 1 << 20;

    private readonly CloudBrokerOptions _options;
    private readonly IEdgeInbox _inbox;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly IMqttClient _client;
    private readonly Channel<MqttApplicationMessage> _outbox;
    private readonly ConcurrentDictionary<string, ReadOnlyMemory<byte>> _retained =
        new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private FilterSet _filters;

    /// <summary>Begins to connect.</summary>
    public BrokerConnection(
        Uri broker,
        CloudBrokerOptions options,
        FilterSet filters,
        IEdgeInbox inbox,
        TimeProvider clock,
        ILogger log)
    {
        (Broker, _options, _filters, _inbox, _clock, _log) = (broker, options, filters, inbox, clock, log);
        _outbox = Channel.CreateBounded<MqttApplicationMessage>(
            new BoundedChannelOptions(options.OutboxMessagesMax)
            {
                FullMode = BoundedChannelFullMode.DropOldest,
            });
        _client = new MqttClientFactory().CreateMqttClient(new KeepAliveAdapter(options.KeepAlive, clock));
        _client.ApplicationMessageReceivedAsync += ReceiveAsync;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Where it connects to.</summary>
    public Uri Broker { get; }

    /// <summary>True while connected.</summary>
    public bool IsConnected => _client.IsConnected;

    /// <summary>Changes what is heard.</summary>
    public void Subscribe(FilterSet filters)
    {
        Volatile.Write(ref _filters, filters);
        Wake();
    }

    /// <summary>Sends a message if there is a connection.</summary>
    public void Publish(string topic, ReadOnlyMemory<byte> payload)
    {
        if (_client.IsConnected) _outbox.Writer.TryWrite(MessageOf(topic, payload, retain: false));
    }

    /// <summary>Keeps a retained message in place.</summary>
    public void Retain(string topic, ReadOnlyMemory<byte> payload)
    {
        _retained[topic] = payload;
        if (_client.IsConnected) _outbox.Writer.TryWrite(MessageOf(topic, payload, retain: true));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _client.Dispose();
        _stopping.Dispose();
        _changed.Dispose();
    }

    private async Task RunAsync()
    {
        CancellationToken ct = _stopping.Token;
        TimeSpan pause = _options.BackOffMin;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await ConnectAsync(ct);
                pause = _options.BackOffMin;
                Log.BrokerConnected(_log, Broker);
                await StayAsync(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                // A broker may fail in more ways than its library names; each means: try again. One that
                // goes away in the moment of our own end must not fail that end.
                Log.BrokerLost(_log, Broker, e.Message);
            }

            await EndAsync(ct);
            pause = await PauseAsync(pause, ct);
        }

        await DisconnectAsync();
    }

    private async Task<TimeSpan> PauseAsync(TimeSpan pause, CancellationToken ct)
    {
        Task delay = Task.Delay(pause, _clock, ct);
        await delay.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return pause * 2 < _options.BackOffMax ? pause * 2 : _options.BackOffMax;
    }

    private async Task EndAsync(CancellationToken ct)
    {
        await DisconnectAsync();
        while (_outbox.Reader.TryRead(out _))
        {
            // What waited for this connection is past: whoever misses it asks again.
        }

        Task told = _inbox.LostAsync(Broker.ToString(), ct).AsTask();
        await told.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ConnectAsync(CancellationToken ct)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_options.Timeout);
        MqttClientOptions options = new MqttClientOptionsBuilder()
            .WithTcpServer(Broker.Host, Broker.Port)
            .WithProtocolVersion(MqttProtocolVersion.V500)
            .WithClientId(NodeClientId.Of(_options.Self, _options.Instance))
            .WithCleanStart()
            .WithNoKeepAlive()
            .WithTimeout(_options.Timeout)
            .WithMaximumPacketSize(EmbeddedBroker.PacketBytesMax)
            .Build();
        ((MqttClientTcpOptions)options.ChannelOptions).BufferSize = SocketBufferBytes;
        await _client.ConnectAsync(options, limit.Token);
    }

    // Connected: what is heard follows the filters, and the outbox is sent, until the connection breaks.
    private async Task StayAsync(CancellationToken ct)
    {
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        TaskCompletionSource lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task OnLost(MqttClientDisconnectedEventArgs e)
        {
            lost.TrySetException(
                new IOException(e.ReasonString ?? e.Exception?.Message ?? e.Reason.ToString()));
            return Task.CompletedTask;
        }

        _client.DisconnectedAsync += OnLost;
        try
        {
            if (!_client.IsConnected) throw new IOException("the connection broke at once");
            Task[] work = [FollowFiltersAsync(ended.Token), SendAsync(ended.Token), lost.Task.WaitAsync(ct)];
            foreach ((string topic, ReadOnlyMemory<byte> payload) in _retained)
                _outbox.Writer.TryWrite(MessageOf(topic, payload, retain: true));
            Task first = await Task.WhenAny(work);
            await ended.CancelAsync();
            await Task.WhenAll(work.Take(2)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await first;
        }
        finally
        {
            _client.DisconnectedAsync -= OnLost;
            lost.TrySetCanceled(CancellationToken.None);
            _ = lost.Task.Exception;
        }
    }

    private async Task FollowFiltersAsync(CancellationToken ct)
    {
        FilterSet heard = new([]);
        while (true)
        {
            FilterSet wanted = Volatile.Read(ref _filters);
            string[] added = [.. wanted.All.Except(heard.All)];
            string[] removed = [.. heard.All.Except(wanted.All)];
            if (added.Length > 0)
            {
                MqttClientSubscribeOptionsBuilder subscribe = new();
                foreach (string filter in added)
                    subscribe.WithTopicFilter(filter, MqttQualityOfServiceLevel.AtLeastOnce);
                MqttClientSubscribeResult result = await _client.SubscribeAsync(subscribe.Build(), ct);
                if (result.Items.FirstOrDefault(i => i.ResultCode > MqttClientSubscribeResultCode.GrantedQoS2)
                    is { } refused)
                {
                    throw new IOException(
                        $"the broker does not allow {refused.TopicFilter.Topic}: {refused.ResultCode}");
                }
            }

            if (removed.Length > 0)
            {
                MqttClientUnsubscribeOptionsBuilder unsubscribe = new();
                foreach (string filter in removed) unsubscribe.WithTopicFilter(filter);
                await _client.UnsubscribeAsync(unsubscribe.Build(), ct);
            }

            heard = wanted;
            await _changed.WaitAsync(ct);
        }
    }

    private async Task SendAsync(CancellationToken ct)
    {
        await foreach (MqttApplicationMessage message in _outbox.Reader.ReadAllAsync(ct))
        {
            MqttClientPublishResult result = await _client.PublishAsync(message, ct);
            if (!result.IsSuccess && result.ReasonCode != MqttClientPublishReasonCode.NoMatchingSubscribers)
                Log.NotPublished(_log, Broker, message.Topic, result.ReasonCode.ToString());
        }
    }

    private async Task ReceiveAsync(MqttApplicationMessageReceivedEventArgs e)
    {
        byte[] payload = e.ApplicationMessage.Payload.ToArray();
        Task taken = _inbox.TakeAsync(Broker.ToString(), e.ApplicationMessage.Topic, payload, _stopping.Token)
            .AsTask();
        await taken.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task DisconnectAsync()
    {
        try
        {
            if (_client.IsConnected) await _client.DisconnectAsync();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Log.BrokerLost(_log, Broker, e.Message);
        }
    }

    private void Wake()
    {
        try
        {
            if (_changed.CurrentCount == 0) _changed.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else woke it.
        }
    }

    private static MqttApplicationMessage MessageOf(
        string topic, ReadOnlyMemory<byte> payload, bool retain) => new()
    {
        Topic = topic,
        Payload = new ReadOnlySequence<byte>(payload),
        QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
        Retain = retain,
    };
}
