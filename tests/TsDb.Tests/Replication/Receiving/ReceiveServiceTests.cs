using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;
using TsDb.Replication.Receiving;
using TsDb.Simulation.Disk;

namespace TsDb.Tests.Replication.Receiving;

public sealed class ReceiveServiceTests
{
    private static readonly ShipmentTopics Topics = new("test");

    public static TheoryData<EdgeControl.Saying> Questions =>
        [new EdgeControl.Hello(Shipments.First, "1"), new EdgeControl.CreateDatabases(["plant"])];

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task A_defect_of_the_configurations_engine_ends_receiving_instead_of_being_lost(
        EdgeControl.Saying body)
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        CloudWorld world = new(1, 1, 1);
        FaultyDisk disk = new(1);
        CloudIdentity.LoadOrCreate(disk, null, Shipments.Node(1), world.NewId);
        using ReplicaStore store =
            ReplicaStore.Open(disk, world.NewId, new ReplicaStoreOptions(), NullLogger.Instance);
        await using ReceiveService service = new(
            new ReceiveServiceOptions
            {
                Receiver = new ReceiverOptions { Self = Shipments.Node(1) },
                Directory = world.Cluster.Members[0].DirectoryId,
                Topics = Topics,
            },
            store,
            new ReceivePorts(
                new BrokenCluster(world.Cluster), world, new SilentLink(), new SegmentVerifier()),
            TimeProvider.System,
            NullLogger.Instance);
        await service.StartAsync(ct);
        EdgeControl control = new(world.Header(), Shipments.Edge, new Guid(1, 0, 0, new byte[8]), body);
        await service.TakeAsync("b", Topics.Hello(Shipments.Edge), ShipmentCodec.Encode(control), ct);
        InvalidCastException defect =
            await Assert.ThrowsAsync<InvalidCastException>(() => service.Failure.WaitAsync(ct));
        Assert.Equal("a defect", defect.Message);
    }

    private sealed class BrokenCluster(ClusterConfiguration cluster) : IClusterState
    {
        public event Action<ClusterConfiguration>? Changed
        {
            add { }
            remove { }
        }

        public NodeId Self => Shipments.Node(1);

        public ClusterConfiguration? Current => cluster;

        public bool IsLive(NodeId node) => true;

        public async Task RegisterAsync(EdgeId edge, Incarnation incarnation, CancellationToken ct)
        {
            await Task.Yield();
            throw new InvalidCastException("a defect");
        }

        public Task ChangeAsync(
            ClusterCommand command, Func<ClusterConfiguration, bool> isApplied, CancellationToken ct) =>
            RegisterAsync(default, default, ct);
    }

    private sealed class SilentLink : IEdgeLink
    {
        public Task StartAsync(IEdgeInbox inbox, CancellationToken ct) => Task.CompletedTask;

        public void Subscribe(IReadOnlyCollection<string> filters)
        {
        }

        public ValueTask PublishAsync(string topic, ReadOnlyMemory<byte> payload, CancellationToken ct) =>
            default;

        public void Retain(string topic, ReadOnlyMemory<byte> payload)
        {
        }
    }
}
