using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Query.Planning;

namespace TsDb.Query.Distributed;

/// <summary>
/// Asks a node to run a fragment over the cells of some shards. The cells are pinned: the node answers from
/// one
/// snapshot that holds at least what its catalog held at <see cref="AtLeast"/>, or says
/// <see cref="ErrorKind.Conflict"/>.
/// </summary>
public sealed record FragmentRequest
{
    /// <summary>What to run.</summary>
    public required PlannedFragment Fragment { get; init; }

    /// <summary>The cluster's number of shards.</summary>
    public required int ShardCount { get; init; }

    /// <summary>All cells of these shards that are in the fragment's scope take part.</summary>
    public required ImmutableArray<ShardId> Shards { get; init; }

    /// <summary>Cells of these shards that somebody else answers.</summary>
    public ImmutableArray<Cell> Except { get; init; } = [];

    /// <summary>Cells of other shards that this node answers.</summary>
    public ImmutableArray<Cell> Also { get; init; } = [];

    /// <summary>The moment of the node's catalog that the plan was made on.</summary>
    public required CatalogVersion AtLeast { get; init; }

    /// <summary>The last change of erasures that the plan knows: exactly those up to it are masked, by a node
    /// that has heard of them all.</summary>
    public long Erasures { get; init; }

    /// <summary>Cells that must be in exactly this state: a fresh query has held them against what their edge
    /// has.</summary>
    public ImmutableArray<(Cell Cell, LeafDigest Digest)> Exactly { get; init; } = [];

    /// <summary>Bounds on the run.</summary>
    public SqlLimits Limits { get; init; } = new();

    /// <summary>
    /// True if rows that were made for this request are what another one asks for, too: the same of the same
    /// cells, from a moment that is late enough.
    /// </summary>
    /// <param name="other">The other request.</param>
    /// <param name="from">The moment of the node's catalog that the rows are from.</param>
    internal bool Serves(FragmentRequest other, CatalogVersion from) =>
        ReferenceEquals(Fragment, other.Fragment)
        && ShardCount == other.ShardCount
        && Shards.AsSpan().SequenceEqual(other.Shards.AsSpan())
        && Except.AsSpan().SequenceEqual(other.Except.AsSpan())
        && Also.AsSpan().SequenceEqual(other.Also.AsSpan())
        && from.Covers(other.AtLeast)
        && Erasures == other.Erasures
        && Exactly.IsEmpty && other.Exactly.IsEmpty
        && Limits == other.Limits;
}
