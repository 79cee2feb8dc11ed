using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using TsDb.Adapters.Mqtt.Fresh;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Shipping;
using TsDb.Storage;
using TsDb.Storage.Ports;
using TsDb.Storage.Shipping;

namespace TsDb.Adapters.Mqtt.Uplink;

/// <summary>
/// Ships what an edge has sealed: one loop owns the <see cref="ShipDesk"/>, a bounded queue brings it what
/// happens, a bounded queue takes what it wants published. The host starts it, tells it of new segments, and
/// stops it.
/// </summary>
public sealed class ShipService : IAsyncDisposable
{
    private const int InboxMax = 1_024;
    private const int OutboxMax = 4_096;
    private const int PublishesMax = 32;
    private const int InputsPerTurnMax = 256;
    private const int TicksPerTurnMax = 16;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private readonly ShipDesk _desk;
    private readonly MqttUplink _uplink;
    private readonly MuteWatch _mute;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Channel<ShipInput> _inbox = Channel.CreateBounded<ShipInput>(
        new BoundedChannelOptions(InboxMax) { SingleReader = true });

    private readonly Channel<ShipMessage> _outbox = Channel.CreateBounded<ShipMessage>(
        new BoundedChannelOptions(OutboxMax) { SingleReader = true, SingleWriter = true });

    private readonly CancellationTokenSource _stop = new();
    private readonly List<TaskCompletionSource> _taken = [];
    private readonly ITimer _timer;
    private volatile ShipStatus _status;
    private Task _running = Task.CompletedTask;
    private bool _isSegmentsChanged;
    private bool _isFlushAsked;
    private long _dataBytesSent;
    private long _messagesSent;

    /// <summary>
    /// A service that does nothing before <see cref="Start"/>. From then on it owns the desk.
    /// </summary>
    public ShipService(ShipDesk desk, UplinkOptions options, TimeProvider clock, ILoggerFactory loggers)
    {
        (_desk, _clock) = (desk, clock);
        _log = loggers.CreateLogger<ShipService>();
        _uplink = new MqttUplink(options, _inbox.Writer, clock, _log);
        _mute = new MuteWatch(options);
        _timer = clock.CreateTimer(_ => Nudge(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _status = desk.Status(clock.GetUtcNow());
    }

    /// <summary>
    /// Shipping of a store: restores the ledger, wakes at every seal. Throws <see cref="ErrorKind.Corrupt"/>
    /// if the directory does not say clearly which cluster it belongs to.
    /// </summary>
    /// <param name="store">The store whose segments are shipped.</param>
    /// <param name="disk">The store's data directory.</param>
    /// <param name="settings">Where to and how much.</param>
    /// <param name="env">Time, chance, logging.</param>
    public static ShipService Create(EdgeStore store, IDisk disk, ShipSettings settings, StoreEnvironment env)
    {
        DateTimeOffset now = env.Clock.GetUtcNow();
        Guid instance = env.NewId();
        ShipmentTopics topics = new(settings.ClusterName);
        SegmentMerger merger = new(disk, settings.Segments);
        Cutter cutter = new(store, disk, merger, settings.Cut, env.Loggers, now);
        ShipperOptions shipper = new()
        {
            Edge = store.Id,
            Instance = instance,
            ProgramVersion = settings.ProgramVersion,
            BytesPerSecondMax = settings.BytesPerSecondMax,
            Hours = settings.Hours,
        };
        ShipDeskParts parts = new(store, disk, cutter, topics)
        {
            Segments = settings.Segments,
            FilesToPurge = settings.FilesToPurge,
        };
        ShipDesk desk = new(parts, shipper, env.Loggers, now);
        UplinkOptions uplink = new()
        {
            Edge = store.Id,
            Instance = instance,
            Topics = topics,
            Brokers = settings.Brokers,
        };
        ShipService service = new(desk, uplink, env.Clock, env.Loggers);
        store.SegmentsChanged += service.SegmentsChanged;
        return service;
    }

    /// <summary>The backlog of this moment, and the uplink as of a moment ago.</summary>
    public ShipLag Lag => new(_desk.Backlog(), _status);

    /// <summary>Bytes published on the uplink since start, MQTT framing included, repetitions too.</summary>
    public long BytesSent => _uplink.BytesSent;

    /// <summary>Of these the shipments themselves, in the form they travelled in.</summary>
    public long DataBytesSent => Interlocked.Read(ref _dataBytesSent);

    /// <summary>Messages published since start.</summary>
    public long MessagesSent => Interlocked.Read(ref _messagesSent);

    /// <summary>Ends when the service was stopped; fails if it cannot go on.</summary>
    public Task Completion => _running;

    /// <summary>Answers the cloud's fresh queries from now on; before <see cref="Start"/>.</summary>
    public void Answer(EdgeQueryService queries) => _uplink.OnQuery = (query, partBytes) => queries.Take(
        query, partBytes, (topic, payload, ct) => _uplink.PublishAsync(topic, payload, retain: false, ct));

    /// <summary>Begins to connect, cut and ship.</summary>
    public void Start() => _running = Task.WhenAll(
        UntilStopped(RunAsync), UntilStopped(PublishAsync), UntilStopped(_uplink.RunAsync));

    /// <summary>Segments were sealed or dropped. Returns at once, on any thread.</summary>
    public void SegmentsChanged()
    {
        Volatile.Write(ref _isSegmentsChanged, true);
        Nudge();
    }

    /// <summary>Ends the delay of all that is sealed by now. Returns at once, on any thread.</summary>
    public void Flush()
    {
        Volatile.Write(ref _isFlushAsked, true);
        Nudge();
    }

    /// <summary>
    /// Stops or resumes sending of data, over restarts, too. Throws <see cref="IOException"/> if that cannot
    /// be remembered.
    /// </summary>
    public Task PauseAsync(bool isPaused, CancellationToken ct)
    {
        _desk.RememberPause(isPaused);
        return TellAsync(new ShipEvent.Pause(isPaused), ct);
    }

    /// <summary>What the cloud said of leaves that were asked about.</summary>
    public Confirmations Confirmations => _desk.Confirmations;

    /// <summary>Asks the cloud once more for leaves whose files are about to go.</summary>
    public ValueTask ConfirmAsync(IEnumerable<Leaf> leaves, CancellationToken ct) =>
        _inbox.Writer.WriteAsync(new ShipInput.Told(new ShipEvent.ConfirmAsked([.. leaves])), ct);

    /// <summary>Offers again what was set aside.</summary>
    public Task RequeueAsync(CancellationToken ct) => TellAsync(new ShipEvent.RequeueAll(), ct);

    /// <summary>Ships on until nothing is pending, the uplink does not ship, or the time is over.</summary>
    public async Task DrainAsync(TimeSpan limit, CancellationToken ct)
    {
        Flush();
        long started = _clock.GetTimestamp();
        while (_status.State == "shipping"
            && _desk.Backlog().Segments > _status.Quarantined
            && _clock.GetElapsedTime(started) < limit)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), _clock, ct);
        }
    }

    /// <summary>Says good-bye to the broker and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_stop.IsCancellationRequested)
        {
            using CancellationTokenSource limit = new(TimeSpan.FromSeconds(2), _clock);
            await _uplink.CloseAsync(limit.Token);
            await _stop.CancelAsync();
        }

        await _running;
        _inbox.Writer.TryComplete();
        _uplink.Dispose();
        await _timer.DisposeAsync();
        _stop.Dispose();
    }

    // Returns when the loop has taken it and the status shows it.
    private async Task TellAsync(ShipEvent e, CancellationToken ct)
    {
        TaskCompletionSource taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await _inbox.Writer.WriteAsync(new ShipInput.Told(e) { Taken = taken }, ct);
        await taken.Task.WaitAsync(ct);
    }

    private Task UntilStopped(Func<CancellationToken, Task> work) => Task.Run(async () =>
    {
        try
        {
            await work(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopping is how this ends.
        }
    });

    // A full inbox needs no nudge: the loop is awake and looks at the clock and the flags anyway.
    private void Nudge() => _inbox.Writer.TryWrite(new ShipInput.Nudge());

    private async Task RunAsync(CancellationToken ct)
    {
        Nudge();
        while (await _inbox.Reader.WaitToReadAsync(ct))
        {
            try
            {
                Turn();
            }
            catch (Exception e) when (e is IOException or TsDbException)
            {
                // The disk failed under an effect. A new link makes the shipper begin again from what is
                // recorded.
                Log.ShippingFailed(_log, e);
                _uplink.Reset("shipping failed: " + e.Message);
                await Task.Delay(Rest, _clock, ct);
            }
        }
    }

    private void Turn()
    {
        DateTimeOffset now = _clock.GetUtcNow();
        for (int i = 0; i < InputsPerTurnMax && _inbox.Reader.TryRead(out ShipInput? input); i++)
            Take(input, now);

        // Behind the inputs: a flag is set before its nudge, so a nudge that was read has its flag seen.
        if (Interlocked.Exchange(ref _isSegmentsChanged, false)) _desk.Observe(now);
        if (Interlocked.Exchange(ref _isFlushAsked, false)) _desk.Flush(now);
        for (int i = 0; i < TicksPerTurnMax && _desk.WakeAt <= now; i++)
        {
            Send(_desk.Tick(now));
            now = _clock.GetUtcNow();
        }

        _status = _desk.Status(now);
        foreach (TaskCompletionSource taken in _taken) taken.TrySetResult();
        _taken.Clear();
        if (_mute.IsMute(_status, now)) _uplink.Reset("the cloud is not heard through this broker");
        DateTimeOffset? wake = _mute.WakeAt is { } mute && mute < (_desk.WakeAt ?? DateTimeOffset.MaxValue)
            ? mute
            : _desk.WakeAt;
        if (wake is not { } at) return;
        if (at <= now) Nudge();
        else _timer.Change(at - now, Timeout.InfiniteTimeSpan);
    }

    private void Take(ShipInput input, DateTimeOffset now)
    {
        ShipEvent? e = input switch
        {
            ShipInput.Up up => new ShipEvent.LinkUp(up.ChunkBytes),
            ShipInput.Down down => new ShipEvent.LinkDown(down.Reason),
            ShipInput.Cluster cluster => new ShipEvent.Cluster(cluster.Info),
            ShipInput.Answers answers => new ShipEvent.Answered(answers.Said),
            ShipInput.Told told => told.Event,
            _ => null,
        };
        if (input is ShipInput.Up) _mute.LinkUp(now);
        if (input is ShipInput.Down) _mute.LinkDown();
        if (e is not null) Send(_desk.On(e, now));
        if (input is ShipInput.Told { Taken: { } taken }) _taken.Add(taken);
    }

    private void Send(IReadOnlyList<ShipMessage> messages)
    {
        foreach (ShipMessage message in messages)
        {
            if (_outbox.Writer.TryWrite(message)) continue;

            // Any message may be lost: what is not answered is said again.
            Log.PublishRefused(_log, $"no room for a message to {message.Topic}");
            if (message.Data is { } data) _inbox.Writer.TryWrite(new ShipInput.Told(data));
        }
    }

    private async Task PublishAsync(CancellationToken ct)
    {
        using SemaphoreSlim room = new(PublishesMax, PublishesMax);
        await foreach (ShipMessage message in _outbox.Reader.ReadAllAsync(ct))
        {
            await room.WaitAsync(ct);
            Task publish = PublishAsync(message, room, ct);
            if (publish.IsCompleted) await publish;
        }
    }

    private async Task PublishAsync(ShipMessage message, SemaphoreSlim room, CancellationToken ct)
    {
        try
        {
            string? failed = await _uplink.PublishAsync(message.Topic, message.Payload, retain: false, ct);
            if (failed is not null) Log.PublishRefused(_log, failed);
            Interlocked.Add(ref _dataBytesSent, message.DataBytes);
            Interlocked.Increment(ref _messagesSent);
            if (message.Data is { } data) await _inbox.Writer.WriteAsync(new ShipInput.Told(data), ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The service stops; nothing waits for this message any more.
        }
        finally
        {
            if (!ct.IsCancellationRequested) room.Release();
        }
    }
}
