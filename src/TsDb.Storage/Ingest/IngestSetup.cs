namespace TsDb.Storage.Ingest;

/// <summary>What all requests of a node share.</summary>
/// <param name="Limits">How much one request may hold.</param>
/// <param name="NodeTime">Times for points without one.</param>
/// <param name="HashSeed">A random number made at start, so that writers cannot choose names whose hashes
/// collide.</param>
public sealed record IngestSetup(IngestLimits Limits, NodeTime NodeTime, long HashSeed)
{
    /// <summary>How many values the tags have got so far.</summary>
    public TagValues TagValues { get; } = new();
}
