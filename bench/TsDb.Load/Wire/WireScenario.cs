namespace TsDb.Load.Wire;

/// <summary>Points on their way: what is written, and when it is shipped.</summary>
/// <param name="Name">For the table.</param>
/// <param name="Requests">Bodies of line protocol, in order.</param>
/// <param name="ShipsEach">True to ship after every request, false to ship once at the end.</param>
/// <param name="ValuesOf">Field values in a body.</param>
internal sealed record WireScenario(
    string Name, IEnumerable<byte[]> Requests, bool ShipsEach, Func<byte[], long> ValuesOf)
{
    /// <summary>Requests before the measurement begins: an edge that has been running for a while.</summary>
    public int Unmeasured { get; init; }
}
