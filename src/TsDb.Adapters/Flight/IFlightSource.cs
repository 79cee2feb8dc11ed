namespace TsDb.Adapters.Flight;

/// <summary>Whoever answers a Flight ticket with rows.</summary>
public interface IFlightSource
{
    /// <summary>
    /// Opens the result that the ticket asks for; null if the ticket is not of this source's kind. The caller
    /// disposes the result. Throws <see cref="Model.TsDbException"/> for a ticket of this kind that cannot be
    /// answered.
    /// </summary>
    Task<FlightAnswer?> OpenAsync(ReadOnlyMemory<byte> ticket, CancellationToken ct);
}
