using System.Collections.Immutable;

namespace TsDb.Storage.Catalog;

/// <summary>Retention dropped files. Their leaves stay in the ledger as expired.</summary>
/// <param name="Names">Names of the files.</param>
public sealed record SegmentsExpired(ImmutableArray<string> Names) : CatalogRecord
{
    internal override ImmutableArray<string> Dropped => Names;
}
