using Apache.Arrow;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Scan;

namespace TsDb.Simulation.Queries;

/// <summary>Reads a snapshot as the engine of production does, by the same plan: windows to merge are merged,
/// the rest is taken as it lies.</summary>
public static class PointScan
{
    /// <summary>The rows, in batches of one edge each.</summary>
    public static IEnumerable<(EdgeId Edge, TableBatch Batch)> Of(
        TableSnapshot snapshot,
        ScanScope scope,
        Func<string, ReadOnlyMemory<byte>> read,
        SegmentCache cache)
    {
        HotRows? hot = snapshot.Hot;
        ScanPlan plan = ScanPlan.Of(snapshot, scope, hot is null ? [] : HotTimes.Of(hot.Batches));
        foreach (FilePart part in plan.Files)
        {
            TableBatch whole = cache.Read(read(part.Segment.Path));
            yield return (part.Segment.Manifest.Cell.Edge, part.Window is null
                ? whole
                : KeyMerge.Merge(snapshot.Table, [whole], part.Window).Batch);
        }

        foreach (MergePart part in plan.Merges)
        {
            List<TableBatch> inputs = [.. part.OldestFirst.Select(s => cache.Read(read(s.Path)))];
            if (part.WithHot) inputs.AddRange(hot!.Batches);
            yield return (part.Edge, KeyMerge.Merge(snapshot.Table, inputs, part.Window).Batch);
        }

        // Hot rows whose keys are unique are not merged with each other.
        foreach (TimeRange window in plan.HotWindows)
        {
            foreach (TableBatch batch in hot!.Batches)
            {
                TableBatch inside = KeyMerge.Merge(snapshot.Table, [batch], window).Batch;
                if (inside.RowCount > 0) yield return (hot.Edge, inside);
            }
        }
    }

    /// <summary>A value as an object; null for none.</summary>
    public static object? ValueAt(IArrowArray array, int row) => array.IsNull(row) ? null : array switch
    {
        Int64Array numbers => numbers.GetValue(row),
        DoubleArray numbers => numbers.GetValue(row),
        StringArray texts => texts.GetString(row),
        TimestampArray times => times.Values[row],
        _ => throw new NotSupportedException($"values of {array.Data.DataType.TypeId}"),
    };
}
