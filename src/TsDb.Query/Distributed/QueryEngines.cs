using TsDb.Query.Direct;
using TsDb.Query.Ports;

namespace TsDb.Query.Distributed;

/// <summary>What a node computes with.</summary>
/// <param name="General">Runs any statement.</param>
/// <param name="Direct">Knows the small ones of dashboards.</param>
public sealed record QueryEngines(ISqlEngine General, IDirectEngine Direct)
{
    /// <summary>Memory for what comes from other nodes.</summary>
    public GatherRoom Gathered { get; init; } = new(1L << 30);
}
