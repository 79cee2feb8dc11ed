using TsDb.Query.Distributed;
using TsDb.Query.Ports;

namespace TsDb.Adapters.Flight;

/// <summary>
/// Answers clients' tickets of SQL. It takes every ticket: register it behind the sources of other kinds.
/// </summary>
/// <param name="query">Answers the statement: the edge's own store, or the coordinator of the
/// cluster.</param>
public sealed class SqlFlightSource(Func<QueryRequest, CancellationToken, Task<QueryAnswer>> query)
    : IFlightSource
{
    /// <inheritdoc/>
    public async Task<ISqlResult?> OpenAsync(ReadOnlyMemory<byte> ticket, CancellationToken ct)
    {
        FlightTicket asked = FlightTicket.Parse(ticket);
        QueryAnswer answer = await query(new QueryRequest { Database = asked.Database, Sql = asked.Sql }, ct);
        return answer.Result;
    }
}
