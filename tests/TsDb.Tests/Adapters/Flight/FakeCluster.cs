using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;

namespace TsDb.Tests.Adapters.Flight;

/// <summary>A cluster of two, a and b, as one of them sees it.</summary>
internal sealed class FakeCluster(string self) : IClusterState
{
    public static readonly ClusterId Id = new(new Guid(7, 0, 0, new byte[8]));

    public event Action<ClusterConfiguration>? Changed;

    public NodeId Self { get; } = new(self);

    public ClusterConfiguration? Current { get; private set; }

    public bool IsLive(NodeId node) => true;

    public Task RegisterAsync(EdgeId edge, Incarnation incarnation, CancellationToken ct) =>
        Task.CompletedTask;

    /// <summary>Founds it; b listens at an address.</summary>
    public void Found(string addressOfB, ClusterId id)
    {
        Current = new ClusterConfiguration
        {
            Id = id,
            Epoch = new Epoch(3),
            Members = [Node("a", 1, "127.0.0.1:1"), Node("b", 2, addressOfB)],
            ShardCount = 64,
            ReplicationFactor = 2,
            WriteQuorumAsked = 0,
            Edges = ImmutableSortedDictionary<EdgeId, EdgeRegistration>.Empty,
            Databases = ImmutableSortedDictionary<string, DatabaseSettings>.Empty,
        };
        Changed?.Invoke(Current);
    }

    private static Member Node(string id, int directory, string flight) => new()
    {
        Id = new NodeId(id),
        DirectoryId = new Guid(directory, 0, 0, new byte[8]),
        HttpAddress = "",
        FlightAddress = flight,
        ClusterAddress = flight,
        BrokerAddress = "",
    };
}
