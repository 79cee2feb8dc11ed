using TsDb.Query.Ports;

namespace TsDb.Adapters.Flight;

/// <summary>What a Flight ticket is answered with.</summary>
/// <param name="Result">The rows.</param>
/// <param name="Coverage">What the answer rests on, as JSON for header <c>x-tsdb-coverage</c>; null between
/// nodes.</param>
public sealed record FlightAnswer(ISqlResult Result, string? Coverage)
{
    /// <summary>True if whoever asked reads texts as runs.</summary>
    public bool HasTextRuns { get; init; }
}
