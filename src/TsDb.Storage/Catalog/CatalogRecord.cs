using System.Collections.Immutable;

namespace TsDb.Storage.Catalog;

/// <summary>
/// One change of the catalog: written and synced as one, then applied as one. A closed set; each kind has its
/// own name on disk (FORMAT.md beside this file).
/// </summary>
public abstract record CatalogRecord
{
    /// <summary>
    /// Names of the segment files that the record takes out of the catalog (one that it puts back included).
    /// </summary>
    internal virtual ImmutableArray<string> Dropped => [];
}
