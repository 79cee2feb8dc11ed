using TsDb.Columnar;
using TsDb.Query;
using TsDb.Query.Scan;

namespace TsDb.Adapters.DuckDb;

/// <summary>
/// Merges by key the rows of a window in which inputs overlap, and leaves out what is erased.
/// </summary>
internal static class PointsMerge
{
    /// <summary>The rows of the window.</summary>
    /// <param name="points">The table.</param>
    /// <param name="hot">The hot rows of it, without what is erased.</param>
    /// <param name="part">The window and what reaches into it.</param>
    /// <param name="fields">Logical names of the fields that are needed; null for all.</param>
    public static SortedRun Run(
        Relation.Points points, HotRows? hot, MergePart part, IReadOnlySet<string>? fields)
    {
        List<TableBatch> inputs =
        [
            .. part.OldestFirst.Select(segment => SegmentRows.Read(segment, fields, part.Window))
                .OfType<TableBatch>(),
        ];
        if (part.WithHot)
            inputs.AddRange(hot!.Batches.Where(b => HotTimes.Reach(b, part.Window)));
        return points.Mask.Seen(KeyMerge.Merge(points.Table.Table, inputs, part.Window));
    }
}
