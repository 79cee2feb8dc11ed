using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Compaction;
using TsDb.Replication.Ports;
using TsDb.Replication.Purging;
using TsDb.Replication.Repair;
using TsDb.Storage.Scrubbing;

namespace TsDb.Replication.Receiving;

/// <summary>
/// Receiving on one cloud node: one loop owns the <see cref="Receiver"/> and carries out what it decides;
/// workers store, fetch and repair, and report back. Two bounded queues lead to the loop: messages (brokers
/// wait when it is full) and reports of the workers (as many as the receiver has asked for, so there is
/// always room).
/// </summary>
public sealed partial class ReceiveService : IEdgeInbox, IAsyncDisposable
{
    private const int MessagesPerTurn = 256;

    private readonly ReceiveServiceOptions _options;
    private readonly ReceivePorts _ports;
    private readonly ReplicaStore _store;
    private readonly LeafKeeper _keeper;
    private readonly LeafFetcher _fetcher;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Receiver _receiver;
    private readonly Channel<ReceiveEvent> _inbox;
    private readonly Channel<ReceiveEvent> _reports;
    private readonly Channel<TransferredLeaf> _toKeep;
    private readonly Channel<ReceiveEffect.Open> _toOpen;
    private readonly Channel<(Leaf Leaf, NodeId From)> _toFetch;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _tasks = [];
    private ReceiveStatus _status = new(0, 0, 0, 0, 0, 0, 0, []);

    /// <summary>Puts the parts together; nothing happens before <see cref="StartAsync"/>.</summary>
    public ReceiveService(
        ReceiveServiceOptions options,
        ReplicaStore store,
        ReceivePorts ports,
        TimeProvider clock,
        ILogger log)
    {
        (_options, _store, _ports, _clock, _log) = (options, store, ports, clock, log);
        _keeper = new LeafKeeper(store, ports.Verifier);
        _compactor = new ReplicaCompactor(store, ports.Verifier, log);
        _scrub = new ScrubLoop(options.ScrubBytesPerSecondMax, clock);
        _purger = new ReplicaPurger(store, ports.Verifier, log);
        _fetcher = new LeafFetcher(ports.Peers, options.Receiver.ShipmentBytesMax);
        _receiver = new Receiver(options.Receiver, () => store.Current, Counts, ports.Cluster.IsLive);
        Desk = new ReplicaDesk(store, ports.Cluster, NoticeAsync)
        {
            CountingAt = () => new Epoch(Volatile.Read(ref _countingAt)),
        };
        int pending = options.Receiver.PendingCountMax;
        _inbox = Queue<ReceiveEvent>(options.InboxMessagesMax);
        _reports = Queue<ReceiveEvent>(4 * (pending + options.InboxMessagesMax));
        _toKeep = Queue<TransferredLeaf>(2 * pending);
        _toOpen = Queue<ReceiveEffect.Open>(2 * pending);
        _toFetch = Queue<(Leaf, NodeId)>(pending + 1, readers: options.FetchersCount);
        _repairSignal = Queue<bool>(1);
        _repairPace = new FetchPace(options.RepairBytesPerSecondMax, clock);
    }

    /// <summary>Answers other nodes' questions about leaves.</summary>
    public PeerDesk Desk { get; }

    /// <summary>How it goes; at most a tick old.</summary>
    public ReceiveStatus Status => Volatile.Read(ref _status);

    /// <summary>Fails if receiving ended by a defect: the process should end then.</summary>
    public Task Failure => _failure.Task;

    /// <summary>
    /// Raised after leaves were stored here, from a worker's thread. Handlers return quickly.
    /// </summary>
    public event Action? LeavesStored;

    /// <summary>Starts the loop and the workers, then takes messages.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        CancellationToken stop = _stopping.Token;
        _ports.Cluster.Changed += Configure;
        if (_ports.Cluster.Current is { } current) Configure(current);
        Begin(LoopAsync, stop);
        Begin(TickAsync, stop);
        Begin(KeepAsync, stop);
        Begin(OpenAsync, stop);
        Begin(RepairAsync, stop);
        Begin(MoveAsync, stop);
        Begin(ScrubAsync, stop);
        Begin(CompactAsync, stop);
        for (int i = 0; i < _options.FetchersCount; i++) Begin(FetchAsync, stop);
        await _ports.Edges.StartAsync(this, ct);
    }

    /// <summary>Stops taking messages and lets the workers finish what they are at.</summary>
    public async Task StopAsync()
    {
        _ports.Cluster.Changed -= Configure;
        await _stopping.CancelAsync();
        await Task.WhenAll(_tasks);
        await Task.WhenAll(_questions);
        _tasks.Clear();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask TakeAsync(
        string broker, string topic, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        try
        {
            if (MessageReader.Read(_options.Topics, broker, topic, payload) is { } happened)
                await _inbox.Writer.WriteAsync(happened, ct);
        }
        catch (TsDbException e)
        {
            Log.MessageIgnored(_log, topic, broker, e.Message);
        }
    }

    /// <inheritdoc/>
    public ValueTask LostAsync(string broker, CancellationToken ct) =>
        _inbox.Writer.WriteAsync(new ReceiveEvent.BrokerLost(broker), ct);

    private bool IsWhole(ShardId shard) =>
        _store.IsWholeIn(_ports.Cluster.Current, shard, _options.Receiver.Self);

    private bool Counts(ShardId shard) =>
        _store.CountsIn(_ports.Cluster.Current, shard, _options.Receiver.Self);

    private Channel<T> Queue<T>(int itemsMax, int readers = 1) => Channel.CreateBounded<T>(
        new BoundedChannelOptions(itemsMax)
        {
            SingleReader = readers == 1,
            AllowSynchronousContinuations = !_options.HasOwnThreads,
        });

    private void Begin(Func<CancellationToken, Task> work, CancellationToken stop) =>
        _tasks.Add(_options.HasOwnThreads
            ? Task.Run(() => GuardAsync(() => work(stop)), CancellationToken.None)
            : GuardAsync(() => work(stop)));

    private ValueTask NoticeAsync(StoredNotice notice, CancellationToken ct) =>
        _inbox.Writer.WriteAsync(new ReceiveEvent.Noticed(notice), ct);

    // A configuration that finds no room is not lost: the next tick compares with the current one.
    private void Configure(ClusterConfiguration cluster) =>
        _ = _reports.Writer.TryWrite(new ReceiveEvent.Configured(cluster));

    private async Task LoopAsync(CancellationToken ct)
    {
        Task<bool> inbox = _inbox.Reader.WaitToReadAsync(ct).AsTask();
        Task<bool> reports = _reports.Reader.WaitToReadAsync(ct).AsTask();
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            bool idle = true;
            while (_reports.Reader.TryRead(out ReceiveEvent? report))
            {
                Handle(report);
                idle = false;
            }

            for (int i = 0; i < MessagesPerTurn && _inbox.Reader.TryRead(out ReceiveEvent? message); i++)
            {
                Handle(message);
                idle = false;
            }

            await SayAsync(ct);
            if (!idle) continue;
            await Task.WhenAny(inbox, reports);

            // A wait that did not end is kept: a new one each time would pile up while one of the queues is
            // silent.
            if (inbox.IsCompleted) inbox = _inbox.Reader.WaitToReadAsync(ct).AsTask();
            if (reports.IsCompleted) reports = _reports.Reader.WaitToReadAsync(ct).AsTask();
        }
    }

    private async Task TickAsync(CancellationToken ct)
    {
        using PeriodicTimer timer = new(_options.TickEvery, _clock);
        while (await timer.WaitForNextTickAsync(ct))
        {
            if (_ports.Cluster.Current is { } current && current != _receiver.Cluster) Configure(current);
            await _reports.Writer.WriteAsync(new ReceiveEvent.Tick(), ct);
        }
    }

    private async Task GuardAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Told to stop.
        }
        catch (Exception e)
        {
            Log.ReceiverFailed(_log, e);
            _failure.TrySetException(e);
        }
    }
}
