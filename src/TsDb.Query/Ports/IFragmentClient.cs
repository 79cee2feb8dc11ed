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

    /// <summary>The same for whoever asks several nodes and then takes the rows of one after the other: the
    /// node is at work when this returns. What is returned is to be called once, gives the rows, and throws
    /// what <see cref="RunAsync"/> does.</summary>
    Func<Task<ISqlResult>> Begin(NodeId node, FragmentRequest request, CancellationToken ct)
    {
        Task<ISqlResult> running = RunAsync(node, request, ct);
        return () => running;
    }
}
