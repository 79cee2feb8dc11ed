using System.Collections.Immutable;

namespace TsDb.Query.Distributed;

/// <summary>Asks a node what it has of some tables. 100,000 leaves do not travel with each query: only
/// changes do.</summary>
/// <param name="Tables">The tables, at least one.</param>
public sealed record CatalogQuestion(ImmutableArray<TableQuestion> Tables)
{
    /// <summary>Databases whose tables are to be listed; an empty name asks for all names of
    /// databases.</summary>
    public ImmutableArray<string> Lists { get; init; } = [];
}
