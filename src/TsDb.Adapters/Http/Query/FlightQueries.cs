using TsDb.Adapters.Flight;
using TsDb.Query;
using TsDb.Query.Distributed;

namespace TsDb.Adapters.Http.Query;

/// <summary>
/// Answers clients' Flight tickets (database and SQL) with what the node's SQL endpoint would answer.
/// </summary>
/// <param name="service">Whoever answers SQL on this node.</param>
public sealed class FlightQueries(IQueryService service) : IFlightSource
{
    /// <summary>What a question may take: a ticket cannot say.</summary>
    public TimeSpan DurationMax { get; init; } = QueryTimeout.Default;

    /// <inheritdoc/>
    public async Task<FlightAnswer?> OpenAsync(ReadOnlyMemory<byte> ticket, CancellationToken ct)
    {
        if (ticket.IsEmpty || ticket.Span[0] != '{') return null;
        FlightTicket asked = FlightTicket.Parse(ticket);
        QueryRequest request = new()
        {
            Database = asked.Database,
            Sql = asked.Sql,
            Limits = new SqlLimits { DurationMax = DurationMax },
        };
        QueryAnswer answer = await service.QueryAsync(request, ct);
        return new FlightAnswer(answer.Result, CoverageHeader.Value(answer.Coverage));
    }
}
