using System.Collections.Immutable;

namespace TsDb.Storage.Catalog;

/// <summary>
/// Leaves as they stand: what a rewritten catalog says instead of all the cuts and answers that led there.
/// </summary>
/// <param name="Leaves">The leaves.</param>
public sealed record LedgerKnown(ImmutableArray<LedgerLeaf> Leaves) : CatalogRecord;
