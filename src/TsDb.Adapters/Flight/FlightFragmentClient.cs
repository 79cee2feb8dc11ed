using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;
using TsDb.Replication.Ports;

namespace TsDb.Adapters.Flight;

/// <summary>Runs fragments on members by Flight, and on this node directly.</summary>
public sealed class FlightFragmentClient(IClusterState cluster, NodeChannels channels, LocalQueries local)
    : IFragmentClient
{
    private readonly NodeCaller _caller = new(cluster, channels);
    private readonly FlightClient _flight = new(channels);

    /// <inheritdoc/>
    public Task<ISqlResult> RunAsync(NodeId node, FragmentRequest request, CancellationToken ct)
    {
        if (node == cluster.Self) return local.Fragments.RunAsync(node, request, ct);
        (string address, ClusterId id) = _caller.Find(node);
        return _flight.OpenAsync(address, FragmentTickets.Encode(request, id, textRuns: true), ct);
    }
}
