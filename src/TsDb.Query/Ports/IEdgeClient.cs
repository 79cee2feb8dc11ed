using TsDb.Model;
using TsDb.Query.Distributed;

namespace TsDb.Query.Ports;

/// <summary>Asks edges what they have not shipped yet. Edges need no port that is open to the
/// cloud.</summary>
public interface IEdgeClient
{
    /// <summary>
    /// The edge's answer. Throws <see cref="ErrorKind.Unavailable"/> with the reason if it can give none; an
    /// edge that is not there does not answer until <paramref name="ct"/> ends the wait.
    /// </summary>
    Task<FreshAnswer> AskAsync(EdgeId edge, FreshQuestion question, CancellationToken ct);
}
