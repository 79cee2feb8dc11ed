using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Receiving;

namespace TsDb.Replication.Purging;

/// <summary>Which files of a cloud node may have rows of final tombstones. Pure.</summary>
public static class ReplicaPurgePolicy
{
    /// <summary>The files that have to be looked through yet, by table, in their order.</summary>
    public static IEnumerable<(StoredFile File, TablePurge Purge)> Left(
        ReplicaVersion version, Erasures erasures)
    {
        foreach (TablePurge purge in TablePurge.All(erasures))
        {
            if (!version.Tables.TryGetValue(purge.Table, out TableLeaves? table)) continue;
            foreach (StoredFile file in table.Cells.Values.SelectMany(cell => cell.Files))
            {
                if (purge.MayConcern(
                    file.Extent.Range, file.Extent.Rows, file.Columns.Tags, file.PurgedTo))
                    yield return (file, purge);
            }
        }
    }

    /// <summary>How many files of a node may have such rows yet, those included that somebody still reads or
    /// that could not be removed.</summary>
    public static long CountLeft(ReplicaStore store, Erasures erasures) =>
        erasures.Tombstones.All(t => t.FinalBy is null)
            ? 0 : Left(store.Current, erasures).LongCount() + store.WaitingCount;
}
