using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;
using TsDb.Replication.Receiving;
using TsDb.Replication.Repair;
using TsDb.Simulation.Disk;

namespace TsDb.Tests.Replication.Receiving;

/// <summary>
/// Cloud nodes without threads: the receivers, stores and repair of production over faulty disks and messages
/// that get lost, double and overtake each other. One seed gives one run.
/// </summary>
public sealed class CloudWorld : IPeerLink
{
    private readonly Random _random;
    private readonly List<(Node Node, ReceiveEvent Event)> _onTheWay = [];
    private int _ids;

    public CloudWorld(int seed, int nodes, int replication, int quorum = 0)
    {
        _random = new Random(seed);
        Cluster = Shipments.Founded(nodes, replication, quorum);
        Nodes =
        [
            .. Enumerable.Range(1, nodes)
                .Select(number => new Node(this, Shipments.Node(number), seed + number)),
        ];
        foreach (Node node in Nodes) node.Start();
    }

    public ClusterConfiguration Cluster { get; private set; }

    public ImmutableArray<Node> Nodes { get; }

    public DateTimeOffset Now { get; private set; } = DateTimeOffset.UnixEpoch;

    public double Loss { get; set; }

    public double Doubling { get; set; }

    /// <summary>Most bytes of one piece of a file that is fetched.</summary>
    public int PieceBytesMax { get; set; } = 4_000;

    /// <summary>Called before each piece.</summary>
    public Action? Fetching { get; set; }

    /// <summary>What was said to edges and arrived.</summary>
    public List<(NodeId Node, EdgeId Edge, EdgeAnswer Answer)> Said { get; } = [];

    /// <summary>When which node put the description of the cluster on the brokers again.</summary>
    public List<(DateTimeOffset At, NodeId Node)> ClusterSaid { get; } = [];

    /// <summary>Called when an answer arrives at an edge.</summary>
    public Action<NodeId, EdgeAnswer>? Answered { get; set; }

    /// <summary>Called when a node says durable, whether the word arrives or not.</summary>
    public Action<NodeId, ContentHash>? Decided { get; set; }

    public IEnumerable<T> Answers<T>()
        where T : EdgeAnswer => Said.Select(said => said.Answer).OfType<T>();

    public void Register(Incarnation incarnation, EdgeId? edge = null) => Configure(
        ClusterStateMachine.Apply(
            Cluster, new ClusterCommand.RegisterEdge(edge ?? Shipments.Edge, incarnation))!);

    public void Configure(ClusterConfiguration cluster)
    {
        Cluster = cluster;
        foreach (Node node in Nodes.Where(node => node.IsUp)) node.Configure();
    }

    /// <summary>A message of an edge, as brokers fan it out: each node may miss it or get it twice.</summary>
    public void Publish(ReceiveEvent message)
    {
        foreach (Node node in Nodes) Send(node, message);
    }

    public void Offer(VerifiedLeaf leaf, bool inline = true, int chunkBytes = 1_024) =>
        Publish(new ReceiveEvent.Offered(
            leaf.Leaf.Cell.Edge,
            ShardId.Of(leaf.Leaf.Cell, Cluster.ShardCount),
            new OfferMessage(Header(), [OfferOf(leaf, inline, chunkBytes)])));

    /// <summary>An offer that one node gets before the others do.</summary>
    public void OfferTo(Node node, VerifiedLeaf leaf) => Send(node, new ReceiveEvent.Offered(
        leaf.Leaf.Cell.Edge,
        ShardId.Of(leaf.Leaf.Cell, Cluster.ShardCount),
        new OfferMessage(Header(), [OfferOf(leaf, inline: true, chunkBytes: 1_024)])));

    public void SendChunks(VerifiedLeaf leaf, int chunkBytes = 1_024, IEnumerable<WantRange>? ranges = null)
    {
        ShardId shard = ShardId.Of(leaf.Leaf.Cell, Cluster.ShardCount);
        foreach (WantRange range in ranges ?? [new WantRange(0, leaf.Content.Length)])
        {
            for (long at = range.Offset / chunkBytes * chunkBytes; at < range.End; at += chunkBytes)
            {
                int length = (int)Math.Min(chunkBytes, leaf.Content.Length - at);
                Publish(new ReceiveEvent.ChunkCame(leaf.Leaf.Cell.Edge, shard, new Chunk(
                    leaf.Leaf.Hash, TransferForm.Plain, at, leaf.Content.Slice((int)at, length))));
            }
        }
    }

    public void Say(EdgeControl.Saying what, Guid instance, EdgeId? edge = null) => Publish(
        new ReceiveEvent.Said(
            edge ?? Shipments.Edge, new EdgeControl(Header(), edge ?? Shipments.Edge, instance, what)));

    public MessageHeader Header() => new(Cluster.Id, Cluster.Epoch);

    /// <summary>Lets time pass in ticks; everything that is on its way arrives, in any order.</summary>
    public void Run(TimeSpan time)
    {
        TimeSpan tick = TimeSpan.FromMilliseconds(250);
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += tick)
        {
            Now += tick;
            foreach (Node node in Nodes) Take(node, new ReceiveEvent.Tick());
            Deliver();
        }
    }

    public void Deliver()
    {
        while (_onTheWay.Count > 0)
        {
            int next = Loss + Doubling > 0 ? _random.Next(Math.Min(_onTheWay.Count, 8)) : 0;
            (Node node, ReceiveEvent happened) = _onTheWay[next];
            _onTheWay.RemoveAt(next);
            Take(node, happened);
        }
    }

    /// <summary>
    /// Nodes whose store ever said that it has the leaf: they must have it still, also after a crash.
    /// </summary>
    public int Holders(Leaf leaf) => Nodes.Count(node => node.Kept.Contains(leaf));

    public Task<StoredReply> StoredAsync(NodeId node, StoredNotice notice, CancellationToken ct)
    {
        Node peer = Up(node);
        Send(peer, new ReceiveEvent.Noticed(notice));
        return peer.Desk.StoredAsync(notice, ct).AsTask();
    }

    public Task<ImmutableArray<ShardDigest>> ShardDigestsAsync(
        NodeId node, ImmutableArray<ShardId> shards, CancellationToken ct) =>
        Task.FromResult(Up(node).Desk.ShardDigests(shards));

    public Task<ImmutableArray<DayDigest>> DayDigestsAsync(
        NodeId node, ShardId shard, CancellationToken ct) =>
        Task.FromResult(Up(node).Desk.DayDigests(shard));

    public Task<ImmutableArray<ListedLeaf>> LeavesAsync(
        NodeId node, ShardId shard, TableId table, Day day, CancellationToken ct) =>
        Task.FromResult(Up(node).Desk.Leaves(shard, table, day));

    public Task<FilePiece> FetchAsync(
        NodeId node, Leaf leaf, long offset, int bytesMax, CancellationToken ct)
    {
        Fetching?.Invoke();
        return Task.FromResult(Up(node).Desk.Fetch(leaf, offset, Math.Min(bytesMax, PieceBytesMax)));
    }

    public Guid NewId() => new(++_ids, 1, 0, new byte[8]);

    private static Offer OfferOf(VerifiedLeaf leaf, bool inline, int chunkBytes) => new()
    {
        Leaf = leaf.Leaf,
        BytesLength = leaf.Content.Length,
        TransferBytes = leaf.Content.Length,
        ChunkBytes = chunkBytes,
        Rows = leaf.Manifest.Rows,
        Range = leaf.Manifest.Range,
        Payload = inline ? leaf.Content : default,
    };

    private Node Up(NodeId id)
    {
        Node node = Nodes.Single(node => node.Id == id);
        return node.IsUp && _random.NextDouble() >= Loss
            ? node
            : throw new TsDbException(ErrorKind.Unavailable, $"{id} does not answer");
    }

    private void Send(Node node, ReceiveEvent message)
    {
        if (_random.NextDouble() >= Loss) _onTheWay.Add((node, message));
        if (_random.NextDouble() < Doubling) _onTheWay.Add((node, message));
    }

    private void Take(Node node, ReceiveEvent happened)
    {
        if (!node.IsUp) return;
        try
        {
            foreach (ReceiveEffect effect in node.Receiver.On(happened, Now)) Carry(node, effect);
        }
        catch (SimulatedCrashException)
        {
            node.Stop();
        }
    }

    private void Carry(Node node, ReceiveEffect effect)
    {
        switch (effect)
        {
            case ReceiveEffect.Answer answer:
                if (answer.What is EdgeAnswer.Durable durable) Decided?.Invoke(node.Id, durable.Hash);
                if (_random.NextDouble() < Loss) break;
                Said.Add((node.Id, answer.Edge, answer.What));
                Answered?.Invoke(node.Id, answer.What);
                break;
            case ReceiveEffect.Keep keep:
                _onTheWay.Add((node, node.Note(node.Keeper.Keep([keep.Transferred])[0])));
                break;
            case ReceiveEffect.Fetch fetch:
                _onTheWay.Add((node, Fetch(node, fetch)));
                break;
            case ReceiveEffect.Notify notify:
                Notify(node, notify);
                break;
            case ReceiveEffect.Register register:
                Register(register.Incarnation, register.Edge);
                _onTheWay.Add((node, new ReceiveEvent.RegisterEnded(register.Edge, register.Incarnation)));
                break;
            case ReceiveEffect.Repair repair:
                RepairReport report = node.Repair(repair.Shard);
                bool isConclusive = report.Conclusive.Contains(repair.Shard)
                    || report.Exhausted.Contains(repair.Shard);
                _onTheWay.Add((node, new ReceiveEvent.RepairEnded(repair.Shard, isConclusive)
                {
                    Lost =
                    [
                        .. node.Store.Lost.Where(
                            leaf => ShardId.Of(leaf.Cell, Cluster.ShardCount) == repair.Shard),
                    ],
                }));
                break;
            case ReceiveEffect.SayCluster:
                ClusterSaid.Add((Now, node.Id));
                break;
            case ReceiveEffect.Forget forget:
                node.Store.Forget(forget.Superseded, ReplicaStore.RuleSuperseded);
                break;
        }
    }

    private ReceiveEvent Fetch(Node node, ReceiveEffect.Fetch fetch)
    {
        try
        {
            LeafFetcher fetcher = new(this, 1 << 20);
            TransferredLeaf fetched =
                fetcher.FetchAsync(fetch.From, fetch.Leaf, CancellationToken.None).GetAwaiter().GetResult();
            return node.Note(node.Keeper.Keep([fetched])[0]);
        }
        catch (TsDbException)
        {
            return new ReceiveEvent.FetchFailed(fetch.Leaf);
        }
    }

    private void Notify(Node node, ReceiveEffect.Notify notify)
    {
        StoredNotice notice = new(
            node.Id,
            Cluster.Id,
            node.Receiver.Cluster!.Epoch,
            [.. notify.Leaves.Select(l => new NoticedLeaf(l, node.Store.CountsIn(Cluster, l, node.Id)))]);
        StoredReply? reply = null;
        try
        {
            reply = StoredAsync(notify.Node, notice, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (TsDbException)
        {
            // Not reached.
        }

        Send(node, new ReceiveEvent.NoticeAnswered(notify.Node, notice, reply));
    }

    /// <summary>One cloud node.</summary>
    public sealed class Node(CloudWorld world, NodeId id, int seed) : IClusterState
    {
        private RepairRound? _repair;

        public event Action<ClusterConfiguration>? Changed
        {
            add { }
            remove { }
        }

        public NodeId Id => id;

        public NodeId Self => id;

        public ClusterConfiguration? Current => world.Cluster;

        public FaultyDisk Disk { get; } = new(seed);

        public bool IsUp { get; private set; }

        public HashSet<Leaf> Kept { get; } = [];

        public ReplicaStore Store { get; private set; } = null!;

        public LeafKeeper Keeper { get; private set; } = null!;

        public Receiver Receiver { get; private set; } = null!;

        public PeerDesk Desk { get; private set; } = null!;

        public void Start()
        {
            CloudIdentity.LoadOrCreate(Disk, null, id, world.NewId);
            Store = ReplicaStore.Open(
                Disk, world.NewId, new ReplicaStoreOptions { DiskReserveBytes = 1_000 }, NullLogger.Instance);
            Keeper = new LeafKeeper(Store, new SegmentVerifier());
            Receiver = new Receiver(
                new ReceiverOptions { Self = id },
                () => Store.Current,
                shard => Store.CountsIn(world.Cluster, shard, id),
                IsLive);
            Desk = new ReplicaDesk(Store, this, (_, _) => default);
            _repair =
                new RepairRound(id, Keeper, world, new LeafFetcher(world, 1 << 20), NullLogger.Instance);
            IsUp = true;
            Configure();
        }

        public void Configure()
        {
            if (Store.IsCatalogIntact)
            {
                Store.MarkWhole(
                    world.Cluster.Epoch,
                    [.. Shards().Where(s => RepairPolicy.IsWholeFromFounding(world.Cluster, s, id))]);
            }

            world.Take(this, new ReceiveEvent.Configured(world.Cluster));
        }

        public void Stop() => IsUp = false;

        public void Restart()
        {
            Stop();
            Disk.Restart();
            Start();
            foreach (Leaf leaf in Kept) Assert.NotNull(Store.Current.Find(leaf));
            Kept.UnionWith(Store.Current.Cells.SelectMany(cell => cell.Leaves));
        }

        public bool IsWhole(Leaf leaf) => Store.IsWhole(ShardId.Of(leaf.Cell, world.Cluster.ShardCount));

        public RepairReport Repair(params ShardId[] shards)
        {
            RepairReport report = _repair!.RunAsync(
                world.Cluster, shards.Length == 0 ? [.. Receiver.Owned] : shards, CancellationToken.None)
                .GetAwaiter().GetResult();
            Kept.UnionWith(Store.Current.Cells.SelectMany(cell => cell.Leaves));
            return report;
        }

        public ReceiveEvent.Finished Note(ReceiveEvent.Finished finished)
        {
            if (finished.Outcome is ReceiveOutcome.Stored or ReceiveOutcome.AlreadyPresent)
                Kept.Add(finished.Leaf);
            return finished;
        }

        public bool IsLive(NodeId node) => world.Nodes.Single(n => n.Id == node).IsUp;

        public Task RegisterAsync(EdgeId edge, Incarnation incarnation, CancellationToken ct) =>
            Task.CompletedTask;

        private IEnumerable<ShardId> Shards() =>
            Enumerable.Range(0, world.Cluster.ShardCount).Select(number => new ShardId(number));
    }
}
