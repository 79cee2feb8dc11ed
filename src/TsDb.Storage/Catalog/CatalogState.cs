using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Storage.Catalog;

/// <summary>
/// Segments, ledger and schemas after some records. Immutable: <see cref="Apply(CatalogRecord)"/> makes the
/// next state, or throws if the record cannot follow.
/// </summary>
public sealed partial record CatalogState
{
    /// <summary>A new directory's state.</summary>
    public static CatalogState Empty { get; } = new();

    /// <summary>The last commit whose rows lie in segments.</summary>
    public CommitSequence Covered { get; init; }

    /// <summary>The schemas as of <see cref="Covered"/>.</summary>
    public SchemaCatalog Schemas { get; init; } = SchemaCatalog.Empty;

    /// <summary>Every segment file, by name in ordinal order.</summary>
    public ImmutableSortedDictionary<string, StoredSegment> Segments { get; init; } =
        ImmutableSortedDictionary.Create<string, StoredSegment>(StringComparer.Ordinal);

    /// <summary>The segments of each cell, oldest rank first.</summary>
    public ImmutableSortedDictionary<Cell, ImmutableArray<StoredSegment>> Cells { get; init; } =
        ImmutableSortedDictionary<Cell, ImmutableArray<StoredSegment>>.Empty;

    /// <summary>Every leaf ever cut here, by cell, incarnation and ordinal.</summary>
    public ImmutableSortedDictionary<LeafKey, LedgerLeaf> Ledger { get; init; } =
        ImmutableSortedDictionary<LeafKey, LedgerLeaf>.Empty;

    /// <summary>The highest ordinal cut of each (cell, incarnation).</summary>
    public ImmutableDictionary<(Cell Cell, Incarnation Incarnation), Ordinal> OrdinalsLast { get; init; } =
        ImmutableDictionary<(Cell Cell, Incarnation Incarnation), Ordinal>.Empty;

    /// <summary>The rank that the next new segment gets.</summary>
    public long RankNext { get; init; } = 1;

    /// <summary>Size of all segment files in bytes.</summary>
    public long SegmentBytes { get; init; }

    /// <summary>The ordinal that the next cut of a cell gets.</summary>
    public Ordinal OrdinalNext(Cell cell, Incarnation incarnation) =>
        OrdinalsLast.TryGetValue((cell, incarnation), out Ordinal last) ? last.Next() : Ordinal.First;
}
