using TsDb.Adapters.Flight;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;

namespace TsDb.Adapters.Http.Query;

/// <summary>
/// Answers clients' Flight tickets (database and SQL) with what the node's SQL endpoint would answer.
/// </summary>
/// <param name="service">Whoever answers SQL on this node.</param>
public sealed class FlightQueries(IQueryService service) : IFlightSource
{
    /// <inheritdoc/>
    public async Task<ISqlResult?> OpenAsync(ReadOnlyMemory<byte> ticket, CancellationToken ct)
    {
        if (ticket.IsEmpty || ticket.Span[0] != '{') return null;
        FlightTicket asked = FlightTicket.Parse(ticket);
        QueryRequest request = new() { Database = asked.Database, Sql = asked.Sql };
        QueryAnswer answer = await service.QueryAsync(request, ct);
        return answer.Result;
    }
}
