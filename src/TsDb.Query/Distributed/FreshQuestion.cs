using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Query.Planning;

namespace TsDb.Query.Distributed;

/// <summary>
/// What a fresh query asks one edge. The edge answers a cell itself only if it has more of it than the cloud,
/// and has all that the cloud has: so each point comes from one of the two.
/// </summary>
public sealed record FreshQuestion
{
    /// <summary>The table.</summary>
    public required TableId Table { get; init; }

    /// <summary>Fingerprint of the edge's columns of the table as the asker knows them; another one on the
    /// edge is an answer in itself.</summary>
    public required ulong ColumnsHash { get; init; }

    /// <summary>What to run over the cells that the edge answers; null to ask for the columns only.</summary>
    public PlannedFragment? Fragment { get; init; }

    /// <summary>What the cloud has of this edge's cells within the fragment's scope, by day.</summary>
    public ImmutableSortedDictionary<Day, LeafDigest> Pinned { get; init; } =
        ImmutableSortedDictionary<Day, LeafDigest>.Empty;

    /// <summary>As in <see cref="FragmentRequest.Erasures"/>.</summary>
    public long Erasures { get; init; }

    /// <summary>Bounds on the run.</summary>
    public SqlLimits Limits { get; init; } = new();
}
