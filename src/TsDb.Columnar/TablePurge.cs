using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Columnar;

/// <summary>What the final tombstones of a table remove from its files. Pure.</summary>
public sealed class TablePurge
{
    private TablePurge(TableId table, PointMask mask) => (Table, Mask, To) =
        (table, mask, mask.IsEmpty ? 0 : mask.Tombstones.Max(t => t.FinalBy!.Value));

    /// <summary>The table.</summary>
    public TableId Table { get; }

    /// <summary>What is removed.</summary>
    public PointMask Mask { get; }

    /// <summary>The last change that made one of them final; 0 if none is.</summary>
    public long To { get; }

    /// <summary>What is final of a table.</summary>
    public static TablePurge Of(Erasures erasures, TableId table) =>
        new(table, PointMask.OfFinal(erasures, table));

    /// <summary>What is final, by table.</summary>
    public static IEnumerable<TablePurge> All(Erasures erasures) =>
        erasures.Tombstones.Where(t => t.FinalBy is not null).Select(t => t.Table).Distinct()
            .Select(table => Of(erasures, table));

    /// <summary>True if a file may have rows that are to go: it has to be looked through.</summary>
    /// <param name="range">The times of its rows.</param>
    /// <param name="rows">How many there are.</param>
    /// <param name="tags">Its tags.</param>
    /// <param name="purgedTo">The change up to which it was looked through; 0 for never.</param>
    public bool MayConcern(TimeRange range, long rows, ImmutableArray<Column> tags, long purgedTo) =>
        purgedTo < To && rows > 0 && Mask.Tombstones.Any(
            t => t.FinalBy > purgedTo && PointMask.Reaches(t, range, tags));
}
