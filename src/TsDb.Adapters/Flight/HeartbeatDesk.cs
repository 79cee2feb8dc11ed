using TsDb.Adapters.Flight.Protos;
using TsDb.Model;
using TsDb.Replication.Ports;
using TsDb.Replication.Receiving;

namespace TsDb.Adapters.Flight;

/// <summary>Answers the heartbeats of other members, on whichever way they come, and tells this node's.
/// </summary>
public sealed class HeartbeatDesk(
    IClusterState cluster, CloudIdentity identity, IHeartbeatSink heartbeats)
{
    /// <summary>What this node says to the members of a configuration.</summary>
    internal HeartbeatRequest Beat(ClusterId to, Epoch epoch) => new()
    {
        ClusterId = NodeMessages.Bytes(to.Value),
        Node = identity.Id.Value,
        DirectoryId = NodeMessages.Bytes(identity.Directory),
        Epoch = epoch.Value,
        Version = NodeProtocol.Version,
        UnixMilliseconds = heartbeats.Clock.GetUtcNow().ToUnixTimeMilliseconds(),
    };

    /// <summary>Takes a member's heartbeat as a sign of life. Throws <see cref="ErrorKind.Invalid"/> for what
    /// is none, or is meant for another cluster.</summary>
    internal HeartbeatReply Answer(HeartbeatRequest request)
    {
        NodeGuard.RequireCluster(cluster, request.ClusterId);
        Guid directory = NodeMessages.Id(request.DirectoryId, "a directory id");
        if (IsMember(directory, request.Epoch))
        {
            heartbeats.Heard(
                new NodeId(request.Node), directory, NodeMessages.Clock(request.UnixMilliseconds),
                request.Version);
        }

        return new HeartbeatReply
        {
            Node = identity.Id.Value,
            DirectoryId = NodeMessages.Bytes(identity.Directory),
            Epoch = cluster.Current?.Epoch.Value ?? 0,
            Version = NodeProtocol.Version,
            UnixMilliseconds = heartbeats.Clock.GetUtcNow().ToUnixTimeMilliseconds(),
        };
    }

    // One that was removed, or in whose place another of its name came, may not know it yet: it hears of the
    // epoch, and does not pass for the other.
    private bool IsMember(Guid directory, long epoch) => cluster.Current is not { } current
        || epoch > current.Epoch.Value || current.Members.Any(member => member.DirectoryId == directory);
}
