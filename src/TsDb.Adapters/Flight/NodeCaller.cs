using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;

namespace TsDb.Adapters.Flight;

/// <summary>Calls members of the cluster and turns what goes wrong into this database's errors.</summary>
internal sealed class NodeCaller(IClusterState cluster, NodeChannels channels)
{
    /// <summary>
    /// Asks a member; its answer is read inside, so that a wrong one is an error of the call. Throws
    /// Unavailable if it is not reached within <paramref name="patience"/>.
    /// </summary>
    public async Task<TResult> AskAsync<TAnswer, TResult>(
        NodeId node,
        TimeSpan patience,
        Func<GrpcChannel, ByteString, CallOptions, AsyncUnaryCall<TAnswer>> call,
        Func<TAnswer, TResult> read,
        CancellationToken ct)
    {
        (string address, ClusterId id) = Find(node);
        using CancellationTokenSource timer = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timer.CancelAfter(patience);
        try
        {
            using AsyncUnaryCall<TAnswer> answer = call(
                channels.To(address),
                    NodeMessages.Bytes(id.Value), new CallOptions(cancellationToken: timer.Token));
            return read(await answer.ResponseAsync);
        }
        catch (RpcException e) when (ct.IsCancellationRequested)
        {
            throw new OperationCanceledException($"asking node {node} was given up", e, ct);
        }
        catch (Exception e) when (timer.IsCancellationRequested
            && e is RpcException or OperationCanceledException)
        {
            throw new TsDbException(
                ErrorKind.Unavailable, $"node {node} at {address} did not answer in time", e);
        }
        catch (RpcException e)
        {
            throw RpcErrors.FromRpc(e, address);
        }
        catch (ObjectDisposedException e)
        {
            throw new TsDbException(ErrorKind.Closed, "this node is stopping", e);
        }
    }

    /// <summary>
    /// Where a member is, and in which cluster. Throws Unavailable if there is no such member.
    /// </summary>
    public (string Address, ClusterId Cluster) Find(NodeId node)
    {
        if (cluster.Current is not { } current)
            throw new TsDbException(ErrorKind.Unavailable, "this node is not in a cluster yet");
        Member? member = current.Members.FirstOrDefault(m => m.Id == node);
        return member is not null
            ? (member.FlightAddress, current.Id)
            : throw new TsDbException(ErrorKind.Unavailable, $"node {node} is not a member of the cluster");
    }
}
