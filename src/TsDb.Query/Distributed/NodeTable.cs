using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Query.Distributed;

/// <summary>What is known of a node's table as of one version of the node's catalog. Immutable.</summary>
/// <param name="Table">The table.</param>
/// <param name="Version">The version.</param>
/// <param name="Columns">All columns there.</param>
/// <param name="Cells">Cells by edge and day.</param>
internal sealed record NodeTable(
    TableId Table, CatalogVersion Version, ImmutableArray<Column> Columns, ImmutableArray<KnownCell> Cells)
{
    /// <summary>
    /// This with what the node said since; null if the two do not fit together and the whole must be asked
    /// for.
    /// </summary>
    public static NodeTable? Apply(NodeTable? known, CatalogVersion version, TableCatalog answer,
        int shardCount)
    {
        bool isWhole = answer.Since == CatalogVersion.None;
        if (isWhole && answer.Columns.IsDefault) return null;
        if (isWhole && (known is null || known.Version.Instance != version.Instance))
            return new NodeTable(answer.Table, version, answer.Columns, Cut(answer, shardCount));

        // Another query heard a later moment: that one counts, and holds at least as much.
        if (known is not null && known.Version.Covers(version)) return known;
        if (known is null || !known.Version.Covers(isWhole ? known.Version : answer.Since)) return null;
        if (isWhole) return new NodeTable(answer.Table, version, answer.Columns, Cut(answer, shardCount));
        ImmutableArray<Column> columns = answer.Columns.IsDefault ? known.Columns : answer.Columns;
        return answer.Cells.IsEmpty
            ? known with { Version = version, Columns = columns }
            : new NodeTable(answer.Table, version, columns, Merge(known.Cells, Cut(answer, shardCount)));
    }

    private static ImmutableArray<KnownCell> Cut(TableCatalog answer, int shardCount) =>
    [
        .. answer.Cells.Select(fact =>
        {
            Cell cell = new(answer.Table, fact.Edge, fact.Day);
            return new KnownCell(cell, ShardId.Of(cell, shardCount), fact.Digest, fact.Range);
        }),
    ];

    // Both by edge and day; of the same cell the later word counts, and no leaves means the cell is gone.
    private static ImmutableArray<KnownCell> Merge(
        ImmutableArray<KnownCell> known, ImmutableArray<KnownCell> changed)
    {
        ImmutableArray<KnownCell>.Builder merged = ImmutableArray.CreateBuilder<KnownCell>(
            known.Length + changed.Length);
        int i = 0;
        foreach (KnownCell change in changed)
        {
            while (i < known.Length && known[i].Cell.CompareTo(change.Cell) < 0) merged.Add(known[i++]);
            if (i < known.Length && known[i].Cell == change.Cell) i++;
            if (change.Digest != LeafDigest.Empty) merged.Add(change);
        }

        while (i < known.Length) merged.Add(known[i++]);
        return merged.ToImmutable();
    }
}
