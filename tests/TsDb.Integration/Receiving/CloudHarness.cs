using System.Collections.Immutable;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Adapters.Disk;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Mqtt.Cloud;
using TsDb.Codec.Shipment;
using TsDb.Integration.Cluster;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;
using TsDb.Replication.Receiving;
using TsDb.Replication.Repair;

namespace TsDb.Integration.Receiving;

/// <summary>
/// The receiving side of cloud nodes in this process: real disks, real brokers, real sockets; the registry is
/// shared memory and nodes call each other directly.
/// </summary>
internal sealed class CloudHarness : IPeerLink, IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tsdb-receive-");
    private readonly Lock _gate = new();
    private ClusterConfiguration _cluster = null!;

    public ImmutableArray<Node> Nodes { get; private set; } = [];

    public ClusterConfiguration Cluster
    {
        get
        {
            lock (_gate) return _cluster;
        }
    }

    public string Folder => _folder.FullName;

    /// <summary>Three nodes with brokers of their own, or with the outside one.</summary>
    public static async Task<CloudHarness> StartAsync(int nodes, int replication, Uri? outside = null)
    {
        CloudHarness cloud = new();
        cloud.Nodes = [.. Enumerable.Range(1, nodes).Select(number => new Node(cloud, number))];
        foreach (Node node in cloud.Nodes) await node.OpenAsync(outside);
        cloud._cluster = new ClusterConfiguration
        {
            Id = new ClusterId(TestNode.NewId()),
            Epoch = new Epoch(1),
            Members = [.. cloud.Nodes.Select(node => node.Member)],
            ShardCount = ShardId.CountDefault,
            ReplicationFactor = replication,
            WriteQuorumAsked = 0,
            Edges = ImmutableSortedDictionary<EdgeId, EdgeRegistration>.Empty,
            Databases = ImmutableSortedDictionary<string, DatabaseSettings>.Empty,
        };
        foreach (Node node in cloud.Nodes) await node.Receiving.StartAsync(CancellationToken.None);
        return cloud;
    }

    public Task<StoredReply> StoredAsync(NodeId node, StoredNotice notice, CancellationToken ct) =>
        Desk(node).StoredAsync(notice, ct).AsTask();

    public Task<ImmutableArray<ShardDigest>> ShardDigestsAsync(
        NodeId node, ImmutableArray<ShardId> shards, CancellationToken ct) =>
        Task.FromResult(Desk(node).ShardDigests(shards));

    public Task<ImmutableArray<DayDigest>> DayDigestsAsync(
        NodeId node, ShardId shard, CancellationToken ct) =>
        Task.FromResult(Desk(node).DayDigests(shard));

    public Task<ImmutableArray<ListedLeaf>> LeavesAsync(
        NodeId node, ShardId shard, TableId table, Day day, CancellationToken ct) =>
        Task.FromResult(Desk(node).Leaves(shard, table, day));

    public Task<FilePiece> FetchAsync(
        NodeId node, Leaf leaf, long offset, int bytesMax, CancellationToken ct) =>
        Task.FromResult(Desk(node).Fetch(leaf, offset, bytesMax));

    public async ValueTask DisposeAsync()
    {
        foreach (Node node in Nodes) await node.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private PeerDesk Desk(NodeId id)
    {
        Node node = Nodes.Single(node => node.Id == id);
        return node.IsUp
            ? node.Receiving.Desk
            : throw new TsDbException(ErrorKind.Unavailable, $"{id} is down");
    }

    private void Register(EdgeId edge, Incarnation incarnation)
    {
        lock (_gate)
            _cluster =
                ClusterStateMachine.Apply(_cluster, new ClusterCommand.RegisterEdge(edge, incarnation))!;
        foreach (Node node in Nodes) node.Raise();
    }

    /// <summary>One cloud node's receiving side.</summary>
    internal sealed class Node(CloudHarness cloud, int number) : IClusterState, IAsyncDisposable
    {
        private WebApplication? _listener;
        private EmbeddedBroker? _broker;
        private CloudEdgeLink? _edges;
        private DataDirectory? _disk;

        public event Action<ClusterConfiguration>? Changed;

        public NodeId Id { get; } = new($"C{number}");

        public NodeId Self => Id;

        public bool IsUp { get; private set; }

        public int BrokerPort { get; private set; }

        public Uri Broker => new($"mqtt://127.0.0.1:{BrokerPort}");

        public ClusterConfiguration? Current => cloud.Cluster;

        public ReplicaStore Store { get; private set; } = null!;

        public ReceiveService Receiving { get; private set; } = null!;

        public Member Member => new()
        {
            Id = Id,
            DirectoryId = new Guid(number, 0, 0, new byte[8]),
            HttpAddress = "",
            FlightAddress = "",
            ClusterAddress = "",
            BrokerAddress = BrokerPort == 0 ? "" : $"127.0.0.1:{BrokerPort}",
        };

        public async Task OpenAsync(Uri? outside)
        {
            _disk = DataDirectory.Open(Path.Combine(cloud.Folder, Id.Value));
            CloudIdentity.LoadOrCreate(_disk, Id, Id, TestNode.NewId);
            Store = ReplicaStore.Open(_disk, TestNode.NewId, new ReplicaStoreOptions(), NullLogger.Instance);
            CloudBrokerOptions options = new()
            {
                Self = Id,
                Instance = TestNode.NewId(),
                Topics = new ShipmentTopics("test"),
                Authorizer = new OpenAuthorizer(),
                Outside = outside is null ? [] : [outside],
            };
            if (outside is null) await ListenAsync(options);
            _edges = new CloudEdgeLink(options, _broker, this, TimeProvider.System, NullLogger.Instance);
            Receiving = new ReceiveService(
                new ReceiveServiceOptions
                {
                    Directory = Member.DirectoryId,
                    Receiver = new ReceiverOptions { Self = Id },
                    Topics = options.Topics,
                },
                Store,
                new ReceivePorts(this, cloud, _edges, new SegmentVerifier()),
                TimeProvider.System,
                NullLogger.Instance);
            IsUp = true;
        }

        /// <summary>Ends the node, and starts it again on its directory and port.</summary>
        public async Task RestartAsync(Uri? outside)
        {
            await DisposeAsync();
            await OpenAsync(outside);
            await Receiving.StartAsync(CancellationToken.None);
        }

        public void Raise() => Changed?.Invoke(cloud.Cluster);

        public bool IsLive(NodeId node) => cloud.Nodes.Single(n => n.Id == node).IsUp;

        public Task RegisterAsync(EdgeId edge, Incarnation incarnation, CancellationToken ct)
        {
            cloud.Register(edge, incarnation);
            return Task.CompletedTask;
        }

        public async ValueTask DisposeAsync()
        {
            if (!IsUp) return;
            IsUp = false;
            await Receiving.DisposeAsync();
            await _edges!.DisposeAsync();
            if (_broker is not null) await _broker.DisposeAsync();
            if (_listener is not null) await _listener.DisposeAsync();
            Store.Dispose();
            _disk!.Dispose();
        }

        private async Task ListenAsync(CloudBrokerOptions options)
        {
            _broker = new EmbeddedBroker(options, NullLogger.Instance);
            await _broker.StartAsync();
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(
                kestrel => kestrel.Listen(IPAddress.Loopback, BrokerPort, _broker.Attach));
            _listener = builder.Build();
            await _listener.StartAsync();
            string address = _listener.Services.GetRequiredService<IServer>()
                .Features.Get<IServerAddressesFeature>()!.Addresses.Single();
            BrokerPort = new Uri(address).Port;
        }
    }
}
