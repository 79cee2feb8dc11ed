using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;
using TsDb.Replication.Repair;

namespace TsDb.Integration.Shipping;

/// <summary>A cluster of one node, founded from the start, without an engine behind it.</summary>
internal sealed class OneNodeCluster : IClusterState, IPeerLink
{
    public OneNodeCluster() => Current = new ClusterConfiguration
    {
        Id = new ClusterId(new Guid(7, 7, 7, new byte[8])),
        Epoch = new Epoch(1),
        Members =
        [
            new Member
            {
                Id = Self,
                DirectoryId = new Guid(1, 1, 1, new byte[8]),
                HttpAddress = "127.0.0.1:1",
                FlightAddress = "127.0.0.1:2",
                ClusterAddress = "127.0.0.1:3",
                BrokerAddress = "",
            },
        ],
        ShardCount = 64,
        ReplicationFactor = 1,
        WriteQuorumAsked = 0,
        Edges = ImmutableSortedDictionary<EdgeId, EdgeRegistration>.Empty,
        Databases = ImmutableSortedDictionary<string, DatabaseSettings>.Empty,
    };

    public event Action<ClusterConfiguration>? Changed;

    public NodeId Self { get; } = new("C1");

    public ClusterConfiguration Current { get; private set; }

    ClusterConfiguration? IClusterState.Current => Current;

    public bool IsLive(NodeId node) => true;

    public Task RegisterAsync(EdgeId edge, Incarnation incarnation, CancellationToken ct)
    {
        ImmutableArray<Incarnation> known = Current.Edges.GetValueOrDefault(edge)?.Incarnations ?? [];
        if (!known.Contains(incarnation))
        {
            EdgeRegistration registration = new(edge, known.Add(incarnation));
            Current = Current with { Edges = Current.Edges.SetItem(edge, registration) };
            Changed?.Invoke(Current);
        }

        return Task.CompletedTask;
    }

    public Task<StoredReply> StoredAsync(NodeId node, StoredNotice notice, CancellationToken ct) =>
        throw Alone();

    public Task<ImmutableArray<ShardDigest>> ShardDigestsAsync(
        NodeId node, ImmutableArray<ShardId> shards, CancellationToken ct) => throw Alone();

    public Task<ImmutableArray<DayDigest>> DayDigestsAsync(
        NodeId node, ShardId shard, CancellationToken ct) =>
        throw Alone();

    public Task<ImmutableArray<ListedLeaf>> LeavesAsync(
        NodeId node, ShardId shard, TableId table, Day day, CancellationToken ct) => throw Alone();

    public Task<FilePiece> FetchAsync(
        NodeId node, Leaf leaf, long offset, int bytesMax, CancellationToken ct) => throw Alone();

    private static TsDbException Alone() => new(ErrorKind.Unavailable, "there is no other node");
}
