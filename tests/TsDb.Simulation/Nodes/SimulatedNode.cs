using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Planning;
using TsDb.Replication.Backup;
using TsDb.Replication.Cluster;
using TsDb.Replication.Receiving;
using TsDb.Replication.Repair;
using TsDb.Replication.Serving;
using TsDb.Simulation.Cluster;
using TsDb.Simulation.Disk;
using TsDb.Simulation.Fleet;
using TsDb.Simulation.Machines;
using TsDb.Simulation.Network;
using TsDb.Simulation.Queries;
using TsDb.Storage.Backup;

namespace TsDb.Simulation.Nodes;

/// <summary>
/// A cloud node: receiving, storing, repair and queries of production. Raft, brokers, calls and the SQL
/// engine stand behind ports.
/// </summary>
internal sealed class SimulatedNode : Machine
{
    private const long DiskReserveBytes = 4_000;
    private const long CatalogRewriteBytesMin = 6_000;
    private const int ShipmentBytesMax = 1 << 20;

    private ReceiveService? _receiving;
    private NodeLink? _link;
    private ReplicaVersion _kept = ReplicaVersion.Empty;
    private ImmutableDictionary<ShardId, Epoch> _keptWhole = ImmutableDictionary<ShardId, Epoch>.Empty;
    private ImmutableHashSet<Leaf> _keptLost = [];
    private int _knownConfiguration;
    private FaultyDisk? _backup;

    public SimulatedNode(World world, NodeId id)
        : base(world, id.Value) => Self = id;

    public NodeId Self { get; }

    /// <summary>The id of its data directory, once it has one.</summary>
    public Guid Directory { get; private set; }

    /// <summary>Until then nobody reads what its program says to other nodes.</summary>
    public DateTimeOffset WordsReadFrom { get; set; }

    /// <summary>True once its program has been put together.</summary>
    public bool IsReady { get; private set; }

    /// <summary>The broker inside it; null where brokers stand outside.</summary>
    public Broker? Broker { get; init; }

    public ReplicaStore? Store { get; private set; }

    public RaftMember? Raft { get; private set; }

    public PeerDesk Desk => _receiving!.Desk;

    public CatalogDesk Catalog { get; private set; } = null!;

    public FragmentDesk Fragments { get; private set; } = null!;

    public Coordinator Coordinator { get; private set; } = null!;

    /// <summary>What is on its disk, also while it is down.</summary>
    public ReplicaVersion Held => Store?.Current ?? _kept;

    /// <summary>True if its answers for the shard count, also while it is down.</summary>
    public bool IsWhole(ShardId shard) => Store is { } store
        ? store.IsWholeIn(World.Raft.Latest, shard, Self)
        : Counts(shard) && _keptLost.All(leaf => ShardId.Of(leaf.Cell, World.ShardCount) != shard);

    /// <summary>True if what it stores of the shard counts, also while it is down.</summary>
    public bool Counts(ShardId shard) => Store is { } store
        ? store.CountsIn(World.Raft.Latest, shard, Self)
        : RepairPolicy.IsWhole(
            World.Raft.Latest, shard, Self, _keptWhole.TryGetValue(shard, out Epoch since) ? since : null);

    /// <summary>Breaks one of its connections to brokers.</summary>
    public void BreakLink() => _link?.BreakOne();

    /// <summary>There are more brokers than before.</summary>
    public void FollowBrokers() => Program?.Run(() => _link?.Follow());

    /// <summary>One of its files is gone, as a bad disk has it.</summary>
    public void LoseFile(StoredFile file)
    {
        PullThePlug();
        World.Trace.Add($"! {Name} has lost {file.LeafCount} leaves with {file.Path}");
        World.Durable.Credit(this);
        Dictionary<string, byte[]> rest = new(Disk.Backup(), StringComparer.Ordinal);
        rest.Remove(file.Path);
        Disk.PutBack(rest);
        (_kept, _keptLost) =
            (_kept.Holds(file) ? _kept.Without(file) : _kept, _keptLost.Union(file.Leaves));
    }

    /// <summary>Its operator takes a backup of it.</summary>
    public void BackUp()
    {
        if (Store is null || Raft?.Current is null || !IsUp) return;
        World.Trace.Add($"! {Name} is backed up");
        FaultyDisk folder = new(0);
        using MemoryStream stream = new();
        using (BackupImage image = ReplicaImage.Take(
            Store, Disk, new CloudIdentity(Self, Directory), () => (Raft.Current, Raft.Known), NewId))
        {
            Complete(BackupTransfer.SendAsync(
                image, new Dictionary<string, BackupFile>(), stream, ClockOf(Program!), default));
        }

        stream.Position = 0;
        Complete(BackupTransfer.ReceiveAsync(stream, BackupFolder.Open(folder), default));
        _backup = folder;
    }

    /// <summary>Replaces its disk by an empty one, or by one that was made of its backup.</summary>
    public void EmptyDisk()
    {
        PullThePlug();
        World.Durable.Credit(this);
        FaultyDisk next = new(0);
        bool isRestored = _backup is not null && Disk.Calls % 2 == 0;
        World.Trace.Add($"! {Name} has {(isRestored ? "a disk from its backup" : "an empty disk")}");
        if (isRestored) Restoration.Run(_backup!, next, NewId);
        Disk.PutBack(next.Backup());
        (_kept, _keptWhole, _knownConfiguration) = (ReplicaVersion.Empty, _keptWhole.Clear(), 0);
        _keptLost = [];
    }

    /// <summary>What it says of itself when it joins.</summary>
    public Member AsMember() => new()
    {
        Id = Self,
        DirectoryId = Directory,
        HttpAddress = Name,
        FlightAddress = Name,
        ClusterAddress = Name,
        BrokerAddress = Broker is null ? "" : Name,
    };

    protected override bool NeedsContext => true;

    protected override void Start(Process program)
    {
        Directory = CloudIdentity.LoadOrCreate(Disk, Self, Self, NewId).Directory;
        Store = ReplicaStore.Open(
            Disk,
            NewId,
            new ReplicaStoreOptions
            {
                DiskReserveBytes = DiskReserveBytes,
                CatalogRewriteBytesMin = CatalogRewriteBytesMin,
            },
            World.Trace);
        RequireKept();
        int known = _knownConfiguration > 1 && Chance.Next(2) == 0
            ? _knownConfiguration - 1
            : _knownConfiguration;
        Raft = new RaftMember(World, this, program, known);
        Raft.Start();
        Broker?.Start();
        PeerCalls peers = new(World, this, program);
        _link = new NodeLink(World, this, program);
        SegmentVerifier verifier = new();
        TimeProvider clock = ClockOf(program);
        _receiving = new ReceiveService(
            new ReceiveServiceOptions
            {
                Directory = Directory,
                Receiver = new ReceiverOptions { Self = Self, DiskFullWait = TimeSpan.FromSeconds(6) },
                Topics = World.Topics,
                HasOwnThreads = false,
                Compaction = World.Plan.Compaction,
                CompactEvery = TimeSpan.FromSeconds(1),
            },
            Store,
            new ReceivePorts(Raft, peers, _link, verifier),
            clock,
            World.Trace);
        ReplicaSource source = new(
            Store,
            Raft,
            new LeafKeeper(Store, verifier),
            new LeafFetcher(peers, ShipmentBytesMax),
            NewId(),
            clock)
        {
            Workers = TaskScheduler.FromCurrentSynchronizationContext(),
            Scrub = _receiving.Scrub,
        };
        SmallEngine engine = new(path => Disk.Read(path), World.Decoded);
        HeldMoments held = new(clock);
        Catalog = new CatalogDesk(source) { Held = held };
        Fragments = new FragmentDesk(source, engine) { Held = held };
        Coordinator = new Coordinator(
            new Planner(new SmallParser(), engine, clock),
            new QueryEngines(engine, new NoDirectEngine()),
            new NodeWatch(Raft),
            new QueryPeers(peers, peers, new EdgeCalls(World, this, program)),
            clock);
        IsReady = true;
        _ = _receiving.StartAsync(CancellationToken.None);
        World.Admit(this);
    }

    protected override void AfterRun()
    {
        if (_receiving?.Failure.Exception?.InnerException is not { } failure || !IsUp) return;
        if (failure is IOException or TsDbException { Kind: ErrorKind.Unavailable }) Kill(failure.Message);
        else throw new SimulationException($"receiving at {Name} failed: {failure}");
    }

    protected override void Lose()
    {
        IsReady = false;
        if (Store is not null)
        {
            (_kept, _keptLost) = (Store.Current, Store.Lost);
            ReplicaStore store = Store;
            _keptWhole = World.Shards.Where(shard => store.IsWhole(shard))
                .ToImmutableDictionary(shard => shard, shard => store.WholeSince(shard)!.Value);
        }

        if (Raft is not null) _knownConfiguration = Math.Max(_knownConfiguration, Raft.Known);
        Broker?.Stop();
        _link?.Lose();
        (Store, Raft, _receiving, _link) = (null, null, null, null);
    }

    // In memory nothing has to be awaited.
    private static void Complete(Task<BackupManifest> done)
    {
        if (!done.IsCompleted) throw new SimulationException("a backup in memory takes its time");
        done.GetAwaiter().GetResult();
    }

    // Whoever has said that he has a leaf has it after a loss of power, too; but what all owners have a
    // former one gives away, and the power may go when that is on disk and not yet done.
    private void RequireKept()
    {
        foreach (Leaf leaf in _kept.Cells.SelectMany(cell => cell.Leaves))
        {
            if (Store!.Current.Find(leaf) is null && !IsGivenAway(leaf))
                throw new SimulationException($"{Name} lost {leaf} with its power");
        }

        foreach (ShardId shard in _keptWhole.Keys)
        {
            if (!Store!.IsWhole(shard))
                throw new SimulationException($"{Name} forgot that it is whole for {shard}");
        }
    }

    private bool IsGivenAway(Leaf leaf)
    {
        SimulatedNode[] owners = [.. World.OwnersOf(ShardId.Of(leaf.Cell, World.ShardCount))];
        return !owners.Contains(this) && owners.All(owner => owner.Held.Find(leaf) is not null);
    }
}
