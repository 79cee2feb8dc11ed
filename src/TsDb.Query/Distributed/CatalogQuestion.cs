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

    /// <summary>True if whoever asks keeps the columns of the tables that it has told a moment of: they need
    /// to be said only when they have changed since.</summary>
    public bool ColumnsOnce { get; init; }

    /// <summary>What the asker will want run, as far as it can tell before it has heard of all catalogs; null
    /// if it cannot tell. A node has it run at once, if it is little, or right after its answer.</summary>
    public FragmentRequest? Fragment { get; init; }

    /// <summary>For how long the node is to keep the moment that it answers with, so that a fragment can be
    /// run on just that; zero for not at all.</summary>
    public TimeSpan Hold { get; init; }
}
