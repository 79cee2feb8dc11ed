using System.Net;
using System.Security.Cryptography;
using TsDb.Adapters.Direct;
using TsDb.Adapters.Disk;
using TsDb.Adapters.DuckDb;
using TsDb.Adapters.Flight;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Mqtt.Cloud;
using TsDb.Adapters.Mqtt.Fresh;
using TsDb.Adapters.Peers;
using TsDb.Adapters.Raft;
using TsDb.Codec.Shipment;
using TsDb.Columnar.Vectors;
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Planning;
using TsDb.Query.Ports;
using TsDb.Replication.Backup;
using TsDb.Replication.Cluster;
using TsDb.Replication.Purging;
using TsDb.Replication.Receiving;
using TsDb.Replication.Repair;
using TsDb.Replication.Serving;
using TsDb.Storage.Backup;
using TsDb.Storage.Compaction;

namespace TsDb.Cloud;

/// <summary>
/// What a cloud node is made of, put together: data directory, cluster, replicas, brokers, queries.
/// </summary>
internal sealed class CloudRooms : IAsyncDisposable
{
    private const long FetchBytesMax = 256L << 20;

    private readonly DataDirectory _disk;
    private readonly CancellationTokenSource _stop = new();
    private Task _beating = Task.CompletedTask;
    private Task _replacing = Task.CompletedTask;
    private bool _hasLeft;

    private CloudRooms(DataDirectory disk) => _disk = disk;

    public required CloudIdentity Identity { get; init; }

    public required ILoggerFactory Loggers { get; init; }

    public required NodeChannels Channels { get; init; }

    public required PeerLiveness Liveness { get; init; }

    public required RaftClusterState Cluster { get; init; }

    public required ReplicaStore Store { get; init; }

    /// <summary>Null where outside brokers are used.</summary>
    public EmbeddedBroker? Broker { get; init; }

    public required CloudEdgeLink Edges { get; init; }

    public required ReceiveService Receiving { get; init; }

    /// <summary>The other cloud nodes.</summary>
    public required GrpcPeerLink Peers { get; init; }

    /// <summary>Who has applied which erasures, as far as this node has heard.</summary>
    public required ErasureDesk Erasures { get; init; }

    /// <summary>To other nodes, for queries here.</summary>
    public required QuestionLines Lines { get; init; }

    /// <summary>From other nodes, for their queries.</summary>
    public required QuestionServer Questions { get; init; }

    public required DuckDbEngine Engine { get; init; }

    public required LocalQueries Local { get; init; }

    /// <summary>Moments of the catalog that fresh queries were told.</summary>
    public required HeldMoments Held { get; init; }

    /// <summary>What nodes have, this one included.</summary>
    public required ICatalogClient Catalogs { get; init; }

    public required ClusterQueries Queries { get; init; }

    /// <summary>Ends, with the reason, when the node can promise nothing any more and should exit.</summary>
    public Task Fault =>
        Task.WhenAny(Receiving.Failure, Cluster.Failure, _beating, _replacing).Unwrap();

    /// <summary>Why the node can store nothing just now; null while it can.</summary>
    public string? Refusal => Cluster.Current is null
        ? $"not in a cluster yet: {Cluster.WaitingFor ?? "no leader was heard of"}"
        : Store.Refusal;

    /// <summary>Opens the data directory and puts the rooms together. Nothing runs yet.</summary>
    public static CloudRooms Open(CloudOptions options, IAuthorizer authorizer, ILoggerFactory loggers)
    {
        DataDirectory disk = DataDirectory.Open(options.DataDirectory, options.DiskBytesMax);
        try
        {
            return PutTogether(options, disk, authorizer, loggers);
        }
        catch
        {
            disk.Dispose();
            throw;
        }
    }

    /// <summary>Takes hold of every leaf that is on disk, for a backup.</summary>
    public Task<BackupImage> TakeImageAsync(CancellationToken ct) => Task.Run(
        () => ReplicaImage.Take(Store, _disk, Identity, Cluster.Applied, NewId), ct);

    /// <summary>
    /// Binds the cluster's port and opens the broker for connections; before the listeners start.
    /// </summary>
    public async Task<IPEndPoint> BindAsync(ListenAddress cluster)
    {
        IPEndPoint bound = Cluster.Bind(cluster);
        if (Broker is not null) await Broker.StartAsync();
        return bound;
    }

    /// <summary>Takes part in the cluster under these addresses, and receives.</summary>
    public async Task StartAsync(Member self)
    {
        Cluster.OnQuestions = Questions.Take;
        await Cluster.StartAsync(self, _stop.Token);
        HeartbeatLoop beats = new(
            Identity, Cluster, Channels, Liveness, PeerLiveness.BeatEvery, AlignedClock.System)
        {
            Lines = Lines,
        };
        _beating = beats.RunAsync(_stop.Token);
        _replacing = new ReplacementLoop(
            Cluster,
            new ShardSurvey(Peers, Receiving.Desk, Cluster, AlignedClock.System),
            AlignedClock.System,
            Loggers).RunAsync(_stop.Token);
        await Receiving.StartAsync(_stop.Token);
    }

    /// <summary>
    /// Takes nothing more from edges and ends their connections; what is under way is stored first.
    /// </summary>
    public async Task LeaveAsync()
    {
        if (_hasLeft) return;
        _hasLeft = true;
        await Receiving.StopAsync();
        await Edges.DisposeAsync();
        if (Broker is not null) await Broker.DisposeAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        await _stop.CancelAsync();
        await Receiving.DisposeAsync();
        await _beating.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _replacing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Cluster.DisposeAsync();
        Lines.Dispose();
        Questions.Dispose();
        Held.Dispose();
        Channels.Dispose();
        Engine.Dispose();
        Store.Dispose();
        _disk.Dispose();
        _stop.Dispose();
    }

    private static CloudRooms PutTogether(
        CloudOptions options, DataDirectory disk, IAuthorizer authorizer, ILoggerFactory loggers)
    {
        TimeProvider clock = AlignedClock.System;
        ILogger log = loggers.CreateLogger("TsDb.Replica");
        CloudIdentity identity = CloudIdentity.LoadOrCreate(disk, options.Id, options.IdDefault, NewId);
        NodeChannels channels = new(loggers);
        PeerLiveness liveness = new(clock, loggers);
        RaftClusterState cluster = new(
            identity, options.Settings, disk, liveness,
            new ClusterEnvironment(clock, NewId, authorizer, loggers));
        ReplicaStore store = ReplicaStore.Open(disk, NewId, new ReplicaStoreOptions(), log);
        QuestionLines lines = new(cluster, liveness);
        GrpcPeerLink peers = new(cluster, channels) { Lines = lines };
        CloudBrokerOptions brokers = BrokersOf(options, identity, authorizer);
        ILogger brokerLog = loggers.CreateLogger("TsDb.Broker");
        EmbeddedBroker? broker = options.Broker is null ? null : new EmbeddedBroker(brokers, brokerLog);
        CloudEdgeLink edges = new(brokers, broker, cluster, clock, brokerLog);
        MqttEdgeClient fresh = new(cluster, edges, brokers.Topics, NewId, loggers.CreateLogger("TsDb.Fresh"));
        edges.OnReply = fresh.Take;
        SegmentVerifier verifier = new();
        ReceiveService receiving = new(
            ReceivingOf(options, identity, brokers.Topics), store,
            new ReceivePorts(cluster, peers, edges, verifier), clock, log);
        ReplicaSource source = new(
            store, cluster, new LeafKeeper(store, verifier), new LeafFetcher(peers, FetchBytesMax), NewId(),
            clock)
        {
            Scrub = receiving.Scrub,
        };
        DuckDbParser parser = new();
        ILogger queryLog = loggers.CreateLogger("TsDb.Query");
        DuckDbEngine engine = new(EngineOptions(options, disk), parser, clock, queryLog);
        DirectEngine direct = new(engine, new SegmentCache(options.Queries.DecodedBytes, SegmentRows.Open));
        HeldMoments held = new(clock);
        LocalQueries local = LocalQueries.Of(source, direct, held);
        GrpcCatalogClient catalogs = new(cluster, channels, lines, local);
        return new CloudRooms(disk)
        {
            Identity = identity,
            Loggers = loggers,
            Channels = channels,
            Liveness = liveness,
            Cluster = cluster,
            Store = store,
            Broker = broker,
            Edges = edges,
            Receiving = receiving,
            Peers = peers,
            Erasures = new ErasureDesk(
                cluster, erasures => ReplicaPurgePolicy.CountLeft(store, erasures),
                () => receiving.Status.Edges),
            Lines = lines,
            Questions = new QuestionServer(identity.Id, local, clock, loggers.CreateLogger("TsDb.Peers"))
            {
                Heartbeats = new HeartbeatDesk(cluster, identity, liveness),
                Digests = new DigestDesk(receiving.Desk, cluster),
            },
            Engine = engine,
            Local = local,
            Held = held,
            Catalogs = catalogs,
            Queries = new ClusterQueries(new Coordinator(
                new Planner(parser, engine, clock),
                new QueryEngines(engine, direct) { Gathered = new GatherRoom(options.Queries.LargeBytes) },
                new ClusterWatch(cluster),
                new QueryPeers(catalogs, new FlightFragmentClient(cluster, channels, lines, local), fresh),
                clock)),
        };
    }

    private static CloudBrokerOptions BrokersOf(
        CloudOptions options, CloudIdentity identity, IAuthorizer authorizer) => new()
        {
            Self = identity.Id,
            Instance = NewId(),
            Topics = new ShipmentTopics(options.ClusterName),
            Authorizer = authorizer,
            Outside = options.OutsideBrokers,
        };

    private static DuckDbOptions EngineOptions(CloudOptions options, DataDirectory disk) => new()
    {
        Directories = [disk.FullPath("segments")],
        Memory = options.Queries,
        ConcurrencyMax = CloudOptions.StatementsMax,
        SlowMax = CloudOptions.StatementsMax,
    };

    private static ReceiveServiceOptions ReceivingOf(
        CloudOptions options, CloudIdentity identity, ShipmentTopics topics) => new()
    {
        Directory = identity.Directory,
        Receiver = new ReceiverOptions { Self = identity.Id },
        Topics = topics,
        RepairBytesPerSecondMax = options.RepairRate,
        MoveGrace = options.MoveGrace,
        ScrubBytesPerSecondMax = options.ScrubRate,
        Compaction = options.CompactInput == 0 ? null : new CompactionLimits
        {
            InputBytesMax = options.CompactInput,
            OrdinalsMax = LeafRun.LeavesMax,
        },
    };

    /// <summary>The one place of this program where random ids come in.</summary>
    private static Guid NewId() => new(RandomNumberGenerator.GetBytes(16));
}
