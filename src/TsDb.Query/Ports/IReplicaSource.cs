using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;

namespace TsDb.Query.Ports;

/// <summary>The replicas that this node holds, as the query side sees them.</summary>
public interface IReplicaSource
{
    /// <summary>Made anew whenever the node opens its catalog.</summary>
    Guid Instance { get; }

    /// <summary>Shards of which this node may lack leaves: a new owner, or one whose catalog is not
    /// intact.</summary>
    ImmutableArray<ShardId> Recovering { get; }

    /// <summary>The catalog at this moment; files it names stay until it is disposed.</summary>
    IReplicaLease Acquire();

    /// <summary>
    /// Returns once the changes of erasures up to a number are applied here. Throws
    /// <see cref="ErrorKind.Unavailable"/> if they are not after a while.
    /// </summary>
    Task HearErasuresAsync(long number, CancellationToken ct);

    /// <summary>
    /// Reads a file that a query could not read. True if it is here and whole; a damaged one is set aside,
    /// so that no later moment has it, and fetched from another owner.
    /// </summary>
    Task<bool> CheckAsync(SegmentRef segment);

    /// <summary>Fetches leaves from another owner, verifies and stores them; returns when they are in the
    /// catalog.</summary>
    Task FetchAsync(ImmutableArray<Leaf> leaves, NodeId source, CancellationToken ct);
}
