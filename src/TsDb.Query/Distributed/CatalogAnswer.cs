using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Query.Distributed;

/// <summary>A node's answer to a <see cref="CatalogQuestion"/>, all of one moment.</summary>
/// <param name="Version">That moment.</param>
/// <param name="Recovering">Shards of which the node may lack leaves: it counts in no quorum for
/// them.</param>
/// <param name="Databases">Databases of the question that the node knows.</param>
/// <param name="Tables">The tables found.</param>
public sealed record CatalogAnswer(
    CatalogVersion Version,
    ImmutableArray<ShardId> Recovering,
    ImmutableArray<string> Databases,
    ImmutableArray<TableCatalog> Tables)
{
    /// <summary>The last change of erasures that the node has applied.</summary>
    public long Erasures { get; init; }

    /// <summary>The configuration that the node has applied; 0 if it does not say (an older program).
    /// </summary>
    public Epoch Epoch { get; init; }

    /// <summary>The tables of the databases that were to be listed.</summary>
    public ImmutableArray<ListedTable> Listed { get; init; } = [];

    /// <summary>The rows of the question's fragment; null if it is to be asked for once more.</summary>
    public EarlyRows? Early { get; init; }

    /// <summary>The same rows on their way, where they are not little; null if they are to be asked for.
    /// Whoever has asked with a fragment takes them or disposes of them.</summary>
    public RowsBehind? Behind { get; init; }
}
