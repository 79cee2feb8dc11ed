using Google.Protobuf;
using Grpc.Core;
using TsDb.Adapters.Hosting;
using TsDb.Model;
using TsDb.Replication.Ports;

namespace TsDb.Adapters.Flight;

/// <summary>
/// What every question from another node passes: is it allowed, and is it meant for this cluster.
/// </summary>
internal sealed class NodeGuard(IClusterState cluster, IAuthorizer authorizer)
{
    /// <summary>Answers, with errors of this database as statuses.</summary>
    public async Task<T> AnswerAsync<T>(
        ServerCallContext context, ByteString clusterId, Func<ValueTask<T>> answer)
    {
        try
        {
            string? credentials = context.RequestHeaders.GetValue("authorization");
            if (!authorizer.IsAllowed(new AccessRequest("flight", "replicate", "", credentials)))
                throw new RpcException(new Status(StatusCode.PermissionDenied, "not allowed"));
            RequireCluster(clusterId);
            return await answer();
        }
        catch (TsDbException e)
        {
            throw RpcErrors.ToRpc(e);
        }
    }

    /// <summary>Throws unless the id is that of this node's cluster.</summary>
    public void RequireCluster(ByteString clusterId) => RequireCluster(cluster, clusterId);

    /// <summary>The same without the rest of the guard, for what comes on connections that were let in.
    /// </summary>
    public static void RequireCluster(IClusterState cluster, ByteString clusterId)
    {
        ClusterId asked = new(NodeMessages.Id(clusterId, "a cluster id"));
        if (cluster.Current is not { } current)
            throw new TsDbException(ErrorKind.Unavailable, $"node {cluster.Self} is not in a cluster yet");
        if (current.Id == asked) return;
        throw new TsDbException(
            ErrorKind.Invalid, $"node {cluster.Self} belongs to cluster {current.Id}, not to {asked}");
    }
}
