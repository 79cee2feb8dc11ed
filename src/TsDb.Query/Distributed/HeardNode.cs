using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Query.Distributed;

/// <summary>What a node answered to this query's catalog question.</summary>
/// <param name="Node">The node.</param>
/// <param name="Version">The moment of its catalog.</param>
/// <param name="Recovering">Shards for which it counts in no quorum.</param>
/// <param name="Databases">Databases it knows of those asked for.</param>
/// <param name="Tables">Tables it has of those asked for.</param>
/// <param name="Erasures">The last change of erasures that it has applied.</param>
/// <param name="Listed">Its tables in the databases to be listed.</param>
internal sealed record HeardNode(
    NodeId Node,
    CatalogVersion Version,
    ShardSet Recovering,
    ImmutableArray<string> Databases,
    ImmutableDictionary<TableId, NodeTable> Tables,
    long Erasures,
    ImmutableArray<ListedTable> Listed)
{
    /// <summary>The configuration that it has applied; 0 if it does not say.</summary>
    public Epoch Epoch { get; init; }

    /// <summary>The rows of a fragment that were asked for in the same breath; null if there are none.
    /// </summary>
    public EarlyRows? Early { get; init; }

    /// <summary>The same rows on their way; null if there are none.</summary>
    public RowsBehind? Behind { get; init; }
}
