using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Storage.Catalog;

namespace TsDb.Replication.Shipping;

/// <summary>
/// The ledger as an edge shows it to the cloud: durable leaves, in pages that fit a message.
/// </summary>
public static class LedgerPages
{
    private const int DigestsPerPage = 256;
    private const int LeavesPerPage = 1_024;

    /// <summary>
    /// Digests of the durable leaves, per (cell, incarnation), with the highest ordinal ever cut there. Cells
    /// below their database's horizon are left out: the cloud has dropped them by rule.
    /// </summary>
    public static IEnumerable<EdgeControl.Reconcile> Digests(
        CatalogState catalog, ClusterInfo cluster)
    {
        IEnumerable<CellDigest> digests = catalog.Ledger.Values
            .Where(leaf => !IsBelow(cluster, leaf.Leaf.Cell))
            .GroupBy(leaf => (leaf.Leaf.Cell, leaf.Leaf.Incarnation))
            .Select(group => new CellDigest(
                group.Key.Cell,
                group.Key.Incarnation,
                LeafDigest.Of(group.Where(leaf => leaf.DurableAt is not null).Select(leaf => leaf.Leaf)),
                group.Max(leaf => leaf.Leaf.Ordinal.Value)));
        return digests.Chunk(DigestsPerPage).Select(page => new EdgeControl.Reconcile([.. page]));
    }

    /// <summary>Every leaf of one (cell, incarnation) that was ever cut here; at least one page.</summary>
    public static IEnumerable<EdgeControl.LeafList> Leaves(
        CatalogState catalog, Cell cell, Incarnation incarnation)
    {
        LeafEntry[] leaves =
        [
            .. catalog.Ledger.Values
                .Where(l => l.Leaf.Incarnation == incarnation && l.Leaf.Cell == cell)
                .Select(l => new LeafEntry(l.Leaf.Ordinal, l.Leaf.Hash)),
        ];
        for (int start = 0; start == 0 || start < leaves.Length; start += LeavesPerPage)
        {
            int end = Math.Min(start + LeavesPerPage, leaves.Length);
            yield return new EdgeControl.LeafList(
                cell, incarnation, [.. leaves[start..end]], IsLast: end == leaves.Length);
        }
    }

    private static bool IsBelow(ClusterInfo cluster, Cell cell) =>
        cell.Day.Range.EndNanoseconds <= cluster.HorizonOf(cell.Table);
}
