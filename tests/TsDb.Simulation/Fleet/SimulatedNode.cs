using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;
using TsDb.Replication.Receiving;
using TsDb.Replication.Repair;
using TsDb.Simulation.Link;

namespace TsDb.Simulation.Fleet;

/// <summary>
/// A cloud node: the receiver, store and repair of production; Raft stands behind the world.
/// </summary>
public sealed class SimulatedNode : Machine, IClusterState
{
    private static readonly TimeSpan RepairEvery = TimeSpan.FromSeconds(5);

    private readonly Queue<ReceiveEvent> _reports = new();
    private readonly List<(EdgeId Edge, EdgeAnswer Answer)> _answers = [];
    private Receiver? _receiver;
    private LeafKeeper? _keeper;
    private RepairRound? _repair;
    private DateTimeOffset _repairAt;
    private DateTimeOffset _linkAt;
    private bool _isLinked;
    private ReplicaVersion _kept = ReplicaVersion.Empty;

    internal SimulatedNode(FleetWorld world, NodeId id, int seed)
        : base(world, id.Value, seed) => Self = id;

    /// <inheritdoc/>
    public event Action<ClusterConfiguration>? Changed
    {
        add { }
        remove { }
    }

    /// <inheritdoc/>
    public NodeId Self { get; }

    /// <inheritdoc/>
    public ClusterConfiguration? Current => World.Cluster;

    /// <summary>What it has on disk; null while it is down.</summary>
    public ReplicaStore? Store { get; private set; }

    internal PeerDesk? Desk { get; private set; }

    /// <summary>True if the leaf of that hash is on its disk, also while it is down.</summary>
    internal bool Holds(ContentHash hash) =>
        (Store?.Current ?? _kept).Cells.SelectMany(cell => cell.Leaves).Any(leaf => leaf.Hash == hash);

    /// <inheritdoc/>
    public bool IsLive(NodeId node) => World.Nodes.Single(n => n.Self == node).IsUp;

    /// <inheritdoc/>
    public Task RegisterAsync(EdgeId edge, Incarnation incarnation, CancellationToken ct) =>
        Task.CompletedTask;

    /// <summary>Takes a new configuration, if it is up.</summary>
    internal void Configure()
    {
        if (!IsUp) return;
        MarkFounded();
        On(new ReceiveEvent.Configured(World.Cluster));
        Announce();
    }

    private protected override void Start()
    {
        CloudIdentity.LoadOrCreate(Disk, Self, Self, World.NewId);
        Store = ReplicaStore.Open(
            Disk, World.NewId, new ReplicaStoreOptions { DiskReserveBytes = 1_000 }, NullLogger.Instance);
        foreach (StoredLeaf leaf in _kept.Cells.SelectMany(cell => cell.Leaves))
            Assert.True(
                Store.Current.Find(leaf.Leaf) is not null,
                $"SEED={World.Options.Seed} {Name} lost {leaf.Leaf}");
        _keeper = new LeafKeeper(Store, new SegmentVerifier());
        _receiver = new Receiver(
            new ReceiverOptions { Self = Self }, () => Store.Current, Store.IsWhole, IsLive);
        LeafFetcher fetcher = new(World, 1 << 20);
        _repair = new RepairRound(Self, _keeper, World, fetcher, NullLogger.Instance);
        Desk = new ReplicaDesk(Store, this, (notice, _) =>
        {
            _reports.Enqueue(new ReceiveEvent.Noticed(notice));
            return ValueTask.CompletedTask;
        });
        (_repairAt, _linkAt, _isLinked) = (World.Now, World.Now, false);
        MarkFounded();
        On(new ReceiveEvent.Configured(World.Cluster));
    }

    private protected override void Work()
    {
        if (_isLinked && World.Happens(World.Options.BreakEvery)) LoseLink();
        if (!_isLinked && World.Now >= _linkAt) Connect();
        if (World.IsNodeTick) On(new ReceiveEvent.Tick());
        if (World.Now >= _repairAt) Repair([.. _receiver!.Owned]);
        while (_reports.TryDequeue(out ReceiveEvent? report)) On(report);
        Say();
    }

    private protected override void Lose()
    {
        World.Link.Disconnect(Name, World.Now);
        if (Store is not null) _kept = Store.Current;
        (_isLinked, Store, Desk, _receiver) = (false, null, null, null);
        _reports.Clear();
        _answers.Clear();
    }

    private void Connect()
    {
        _isLinked = true;
        List<string> filters = [World.Topics.HelloAll, World.Topics.PresenceAll];
        foreach (ShardId shard in _receiver!.Owned.Order())
            filters.AddRange([World.Topics.OfferAll(shard), World.Topics.ChunkAll(shard)]);
        Session session = new(filters, (topic, payload) => Guarded(() => Hear(topic, payload)), null);
        World.Link.Connect(Name, session, World.Now);
        Announce();
    }

    private void LoseLink()
    {
        World.Link.Disconnect(Name, World.Now);
        (_isLinked, _linkAt) = (false, World.Now + (TimeSpan.FromSeconds(5) * Chance.NextDouble()));
        On(new ReceiveEvent.BrokerLost("broker"));
    }

    private void Announce()
    {
        if (!_isLinked) return;
        ClusterConfiguration cluster = World.Cluster;
        ClusterInfo info = new()
        {
            Cluster = cluster.Id,
            Epoch = cluster.Epoch,
            ShardCount = cluster.ShardCount,
            ReplicationFactor = cluster.Replicas,
            WriteQuorum = cluster.WriteQuorum,
            RowFormVersion = TsDb.Columnar.Transfer.RowForm.Version,
        };
        World.Link.Publish(Name, World.Topics.Cluster, ShipmentCodec.Encode(info), retain: true, World.Now);
    }

    private void Hear(string topic, byte[] payload)
    {
        if (!IsUp || !World.Topics.TryParse(topic, out ShipmentTopic parsed)) return;
        On(parsed.Kind switch
        {
            ShipmentTopicKind.Hello =>
                new ReceiveEvent.Said(parsed.Edge, ShipmentCodec.DecodeEdgeControl(payload)),
            ShipmentTopicKind.Offer =>
                new ReceiveEvent.Offered(parsed.Edge, parsed.Shard, ShipmentCodec.DecodeOffer(payload)),
            ShipmentTopicKind.Chunk =>
                new ReceiveEvent.ChunkCame(parsed.Edge, parsed.Shard, ShipmentCodec.DecodeChunk(payload)),
            _ => new ReceiveEvent.PresenceCame("broker", ShipmentCodec.DecodePresence(payload)),
        });
    }

    private void On(ReceiveEvent happened)
    {
        foreach (ReceiveEffect effect in _receiver!.On(happened, World.Now)) Carry(effect);
    }

    private void Carry(ReceiveEffect effect)
    {
        switch (effect)
        {
            case ReceiveEffect.Answer answer:
                if (answer.What is EdgeAnswer.Durable durable) World.CheckDurable(durable.Hash);
                _answers.Add((answer.Edge, answer.What));
                break;
            case ReceiveEffect.Keep keep:
                _reports.Enqueue(_keeper!.Keep([keep.Transferred])[0]);
                break;
            case ReceiveEffect.Fetch fetch:
                _reports.Enqueue(Fetch(fetch));
                break;
            case ReceiveEffect.Notify notify:
                Notify(notify);
                break;
            case ReceiveEffect.Register register:
                World.Register(register.Edge, register.Incarnation);
                _reports.Enqueue(new ReceiveEvent.RegisterEnded(register.Edge, register.Incarnation));
                break;
            case ReceiveEffect.Repair repair:
                Repair([repair.Shard]);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"{effect}");
        }
    }

    private ReceiveEvent Fetch(ReceiveEffect.Fetch fetch)
    {
        try
        {
            LeafFetcher fetcher = new(World, 1 << 20);
            TransferredLeaf fetched =
                fetcher.FetchAsync(fetch.From, fetch.Leaf, CancellationToken.None).GetAwaiter().GetResult();
            return _keeper!.Keep([fetched])[0];
        }
        catch (TsDbException)
        {
            return new ReceiveEvent.FetchFailed(fetch.Leaf);
        }
    }

    private void Notify(ReceiveEffect.Notify notify)
    {
        ClusterConfiguration cluster = _receiver!.Cluster!;
        StoredNotice notice = new(
            Self,
            cluster.Id,
            cluster.Epoch,
            [.. notify.Leaves.Select(
                l => new NoticedLeaf(l, Store!.IsWhole(ShardId.Of(l.Cell, cluster.ShardCount))))]);
        StoredReply? reply = null;
        try
        {
            reply = World.StoredAsync(notify.Node, notice, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (TsDbException unreached) when (unreached.Kind == ErrorKind.Unavailable)
        {
            World.Trace.Add($"{World.Now.Ticks} ? {Name} {unreached.Message}");
        }

        _reports.Enqueue(new ReceiveEvent.NoticeAnswered(notify.Node, notice, reply));
    }

    private void Repair(ImmutableArray<ShardId> shards)
    {
        _repairAt = World.Now + RepairEvery;
        RepairReport report =
            _repair!.RunAsync(World.Cluster, shards, CancellationToken.None).GetAwaiter().GetResult();
        foreach (ShardId shard in report.Conclusive)
            _reports.Enqueue(new ReceiveEvent.RepairEnded(shard, true));
        foreach (ShardId shard in report.Inconclusive)
            _reports.Enqueue(new ReceiveEvent.RepairEnded(shard, false));
    }

    private void MarkFounded()
    {
        if (!Store!.IsCatalogIntact) return;
        ClusterConfiguration cluster = World.Cluster;
        Store.MarkWhole(
            cluster.Epoch,
            [
                .. Enumerable.Range(0, cluster.ShardCount).Select(number => new ShardId(number))
                    .Where(shard => RepairPolicy.IsWholeFromFounding(cluster, shard, Self)),
            ]);
    }

    private void Say()
    {
        if (_answers.Count == 0) return;
        ClusterConfiguration cluster = _receiver!.Cluster!;
        MessageHeader header = new(cluster.Id, cluster.Epoch);
        foreach (IGrouping<EdgeId, (EdgeId Edge, EdgeAnswer Answer)> edge in _answers.GroupBy(a => a.Edge))
        {
            EdgeAnswers message = new(header, Self, [.. edge.Select(a => a.Answer)]);
            if (!_isLinked) continue;
            byte[] payload = ShipmentCodec.Encode(message);
            World.Link.Publish(Name, World.Topics.Ack(edge.Key), payload, retain: false, World.Now);
        }

        _answers.Clear();
    }
}
