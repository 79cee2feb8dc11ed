using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Hot;

namespace TsDb.Storage;

/// <summary>
/// The store at one moment: hot buffer, segments and the commit sequence they cover. Immutable and swapped as
/// a whole, so that a seal in between never doubles or hides a row. Read it once per query, under a
/// <see cref="StoreLease"/>.
/// </summary>
public sealed class StoreVersion
{
    /// <summary>Number of this version; later versions have higher numbers.</summary>
    public required long Number { get; init; }

    /// <summary>The last commit that is visible in this version.</summary>
    public required CommitSequence Sequence { get; init; }

    /// <summary>The schemas after that commit.</summary>
    public required SchemaCatalog Schemas { get; init; }

    /// <summary>Segments, leaves and the commit that they cover.</summary>
    public required CatalogState Catalog { get; init; }

    /// <summary>Segments of the catalog that are not among the tables' because their file is missing or
    /// damaged.</summary>
    public ImmutableArray<UnreadableSegment> SetAside { get; init; } = [];

    /// <summary>The tables that have points, ordered.</summary>
    public required ImmutableSortedDictionary<TableId, TableSnapshot> Tables { get; init; }

    /// <summary>The hot rows behind <see cref="Tables"/>.</summary>
    internal HotState Hot { get; init; } = HotState.Empty;

    /// <summary>What a query of this table reads, or null if it has no points here.</summary>
    public TableSnapshot? Find(TableId table) => Tables.GetValueOrDefault(table);
}
