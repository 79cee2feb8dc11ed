using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using TsDb.Adapters.Disk;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Raft;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Receiving;

namespace TsDb.Integration.Cluster;

/// <summary>A node's part in the cluster, in this process, on a directory that outlives it.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly DataDirectory _disk;
    private readonly ILoggerFactory _loggers;

    private TestNode(DataDirectory disk, ILoggerFactory loggers, RaftClusterState state) =>
        (_disk, _loggers, State) = (disk, loggers, state);

    public RaftClusterState State { get; }

    public ClusterConfiguration? Current => State.Current;

    public static async Task<TestNode> StartAsync(
        string id, string directory, string address, params string[] seeds)
    {
        DataDirectory disk = DataDirectory.Open(directory);
        CloudIdentity identity = CloudIdentity.LoadOrCreate(disk, new NodeId(id), new NodeId(id), NewId);
        ILoggerFactory loggers = LoggerFactory.Create(b => { });
        ClusterSettings settings = new() { Seeds = [.. seeds], ReplicationFactor = 3, WriteQuorumAsked = 0 };
        RaftClusterState state = new(
            identity, settings, disk, new PeerLiveness(TimeProvider.System, loggers),
            new ClusterEnvironment(TimeProvider.System, NewId, new OpenAuthorizer(), loggers));
        IPEndPoint bound = state.Bind(ListenAddress.Parse(address));
        await state.StartAsync(
            new Member
            {
                Id = identity.Id,
                DirectoryId = identity.Directory,
                HttpAddress = "127.0.0.1:1",
                FlightAddress = "127.0.0.1:2",
                BrokerAddress = "",
                ClusterAddress = bound.ToString(),
            },
            CancellationToken.None);
        return new TestNode(disk, loggers, state);
    }

    public static Guid NewId() => new(RandomNumberGenerator.GetBytes(16));

    public async ValueTask DisposeAsync()
    {
        await State.DisposeAsync();
        _disk.Dispose();
        _loggers.Dispose();
    }
}
