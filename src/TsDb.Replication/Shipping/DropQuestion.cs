using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Storage.Catalog;

namespace TsDb.Replication.Shipping;

/// <summary>
/// What is to be asked before shipped segments are dropped: the cloud says once more that it holds every leaf
/// of them, because it may have lost some since, and that it does so at as many owners as that takes.
/// </summary>
/// <param name="Confirmed">Segments of which it has just said so, all of a cell or none.</param>
/// <param name="Open">Leaves of the others, but those that were asked about just now; they go at a later
/// turn.</param>
public sealed record DropQuestion(ImmutableArray<string> Confirmed, ImmutableArray<Leaf> Open)
{
    /// <summary>The question about segments that retention would drop.</summary>
    /// <param name="catalog">Segments and ledger.</param>
    /// <param name="due">Names of the segments.</param>
    /// <param name="confirmations">What the cloud has said.</param>
    /// <param name="now">The time.</param>
    /// <param name="isPast">True for cells that the cloud has dropped by rule: nobody is asked about
    /// them.</param>
    public static DropQuestion Of(
        CatalogState catalog,
        IEnumerable<string> due,
        Confirmations confirmations,
        DateTimeOffset now,
        Func<Cell, bool>? isPast = null)
    {
        ImmutableArray<string>.Builder confirmed = ImmutableArray.CreateBuilder<string>();
        ImmutableArray<Leaf>.Builder open = ImmutableArray.CreateBuilder<Leaf>();
        IEnumerable<StoredSegment> held =
            due.Where(catalog.Segments.ContainsKey).Select(name => catalog.Segments[name]);
        foreach (IGrouping<Cell, StoredSegment> cell in held.GroupBy(segment => segment.Manifest.Cell))
        {
            Leaf[] leaves = isPast?.Invoke(cell.Key) == true ? [] :
            [
                .. cell.SelectMany(catalog.LeavesOf).Where(leaf => !leaf.IsUnwanted).Select(leaf => leaf.Leaf)
                    .Where(leaf => !confirmations.Has(leaf.Hash, now)),
            ];
            if (leaves.Length == 0) confirmed.AddRange(cell.Select(segment => segment.Name));
            open.AddRange(leaves.Where(leaf => !confirmations.Rests(leaf.Hash, now)));
        }

        return new DropQuestion(confirmed.ToImmutable(), open.ToImmutable());
    }
}
