using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;

namespace TsDb.Simulation.Queries;

/// <summary>No fresh queries: the simulation asks for what is durable.</summary>
internal sealed class NoEdgeClient : IEdgeClient
{
    public Task<FreshAnswer> AskAsync(EdgeId edge, FreshQuestion question, CancellationToken ct) =>
        throw new NotSupportedException("no question of the simulation is fresh");
}
