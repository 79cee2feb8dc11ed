namespace TsDb.Load.Queries;

/// <summary>A question in MetricsQL.</summary>
/// <param name="Text">The expression.</param>
/// <param name="Start">First moment, in seconds since the Unix epoch.</param>
/// <param name="End">Last moment.</param>
/// <param name="Step">Seconds between moments; 0 asks for the last moment only.</param>
internal sealed record MetricsQuestion(string Text, long Start, long End, int Step);
