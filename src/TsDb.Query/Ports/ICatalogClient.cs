using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Query.Distributed;

namespace TsDb.Query.Ports;

/// <summary>
/// Questions about what a node has, for itself as for others. Every call throws <see
/// cref="ErrorKind.Unavailable"/>
/// if the node is not reached.
/// </summary>
public interface ICatalogClient
{
    /// <summary>What the node has of some tables, as changes since what the asker knows.</summary>
    Task<CatalogAnswer> AskAsync(NodeId node, CatalogQuestion question, CancellationToken ct);

    /// <summary>The same for whoever asks several nodes and then waits for all of them.</summary>
    ICatalogCall Ask(NodeId node, CatalogQuestion question, CancellationToken ct) =>
        new StartedCall(AskAsync(node, question, ct));

    /// <summary>The leaves the node has of these cells.</summary>
    Task<ImmutableArray<Leaf>> LeavesAsync(NodeId node, ImmutableArray<Cell> cells, CancellationToken ct);

    /// <summary>
    /// Asks the node to fetch these leaves from the owner that has them, verify and store them; returns the
    /// version
    /// of its catalog from which on it has them all. Throws if it could not within the time.
    /// </summary>
    Task<CatalogVersion> FetchAsync(
        NodeId node, ImmutableArray<Leaf> leaves, NodeId source, CancellationToken ct);
}
