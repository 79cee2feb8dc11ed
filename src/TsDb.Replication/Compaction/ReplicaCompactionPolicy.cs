using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Receiving;
using TsDb.Storage.Compaction;

namespace TsDb.Replication.Compaction;

/// <summary>
/// Decides which files of a cloud node become one, by the same blocks of ordinals as at the edges. Pure: the
/// compactor carries it out.
/// </summary>
public static class ReplicaCompactionPolicy
{
    /// <summary>The next compaction of a cell; null if there is none.</summary>
    /// <param name="cell">Its files.</param>
    /// <param name="limits">Bounds of one merge.</param>
    /// <param name="now">The time.</param>
    public static ReplicaCompactionPlan? Decide(CellLeaves cell, CompactionLimits limits, DateTimeOffset now)
    {
        if (cell.Files.Length < 2) return null;
        bool isClosed = limits.IsOver(cell.Cell.Day, now);
        foreach (IGrouping<Incarnation, StoredFile> group in cell.Files.GroupBy(file => file.Incarnation))
        {
            // Two cuts of one number have no order among the others: such cells stay as they are.
            if (!cell.IsUnforked(group.Key)) continue;
            StoredFile[] files = [.. group];

            // The newest shipment of a day that goes on stays: the next one is told off it.
            if (!isClosed) files = files[..^1];
            RunExtent[] runs =
            [
                .. files.Select(file => new RunExtent(
                    new OrdinalRange(file.First, file.Last), file.Extent.BytesLength, file.Extent.Rows)),
            ];
            if (CompactionBlocks.Find(runs, limits, isClosed) is not { } found) continue;
            ImmutableArray<StoredFile> chosen = [.. files[found]];
            if (!AreAlike(chosen)) continue;
            OrdinalRange ordinals = new(chosen[0].First, chosen[^1].Last);
            return new ReplicaCompactionPlan(new SegmentFacts(cell.Cell, group.Key, ordinals), chosen);
        }

        return null;
    }

    /// <summary>True if no column comes in two types or roles.</summary>
    private static bool AreAlike(ImmutableArray<StoredFile> files) => files
        .SelectMany(file => file.Columns.Tags.Concat(file.Columns.Fields)).Distinct()
        .GroupBy(column => column.Name, StringComparer.Ordinal).All(columns => columns.Count() == 1);
}
