using TsDb.Replication.Ports;

namespace TsDb.Adapters.Flight;

/// <summary>Answers tickets of fragments from this node.</summary>
internal sealed class FragmentSource(LocalQueries local, IClusterState cluster, NodeGuard guard)
    : IFlightSource
{
    /// <inheritdoc/>
    public async Task<FlightAnswer?> OpenAsync(ReadOnlyMemory<byte> ticket, CancellationToken ct)
    {
        if (FragmentTickets.Decode(ticket) is not { } asked) return null;
        guard.RequireCluster(asked.ClusterId);
        return new FlightAnswer(
            await local.Fragments.RunAsync(cluster.Self, QueryMessages.Request(asked), ct), Coverage: null)
        {
            HasTextRuns = asked.TextRuns,
        };
    }
}
