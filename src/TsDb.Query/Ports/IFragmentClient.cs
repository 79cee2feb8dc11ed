using TsDb.Model;
using TsDb.Query.Distributed;

namespace TsDb.Query.Ports;

/// <summary>Runs a fragment on a node, this one included.</summary>
public interface IFragmentClient
{
    /// <summary>
    /// The fragment's rows. Throws, here or while the rows are read: <see cref="ErrorKind.Unavailable"/> or
    /// <see cref="ErrorKind.Closed"/> if the node failed (another is asked), <see cref="ErrorKind.Conflict"/>
    /// if the
    /// node's catalog is not the one planned on (the query starts again), any other kind for the client to
    /// see.
    /// </summary>
    Task<ISqlResult> RunAsync(NodeId node, FragmentRequest request, CancellationToken ct);
}
