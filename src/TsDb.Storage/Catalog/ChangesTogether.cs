using System.Collections.Immutable;

namespace TsDb.Storage.Catalog;

/// <summary>Several changes that are written and synced as one: all of them happen, or none.</summary>
/// <param name="Changes">At least one, in order; none of them such a list itself.</param>
public sealed record ChangesTogether(ImmutableArray<CatalogRecord> Changes) : CatalogRecord
{
    internal override ImmutableArray<string> Dropped => [.. Changes.SelectMany(change => change.Dropped)];

    /// <summary>One record of some changes; null of none.</summary>
    public static CatalogRecord? Of(IReadOnlyList<CatalogRecord> changes) => changes.Count switch
    {
        0 => null,
        1 => changes[0],
        _ => new ChangesTogether([.. changes]),
    };
}
