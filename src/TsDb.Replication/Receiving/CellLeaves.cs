using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <summary>The leaves of one cell that this node has on disk. Immutable.</summary>
public sealed class CellLeaves
{
    private CellLeaves(Cell cell, ImmutableArray<StoredLeaf> leaves, LeafDigest digest, TimeRange range) =>
        (Cell, Leaves, Digest, Range) = (cell, leaves, digest, range);

    /// <summary>The cell.</summary>
    public Cell Cell { get; }

    /// <summary>
    /// Its leaves, by incarnation (as a number), ordinal and hash. A number stands here once, but where an
    /// edge that was restored or cloned cut it a second time and both cuts found their way to an owner.
    /// </summary>
    public ImmutableArray<StoredLeaf> Leaves { get; }

    /// <summary>The digest of the leaves.</summary>
    public LeafDigest Digest { get; }

    /// <summary>The times of all rows; the default while there is no leaf.</summary>
    public TimeRange Range { get; }

    /// <summary>A cell without leaves.</summary>
    public static CellLeaves Empty(Cell cell) => new(cell, [], LeafDigest.Empty, default);

    /// <summary>A leaf of that number, whatever its hash, or null.</summary>
    public StoredLeaf? Find(Incarnation incarnation, Ordinal ordinal)
    {
        int at = Search(incarnation, ordinal);
        return at < 0 ? null : Leaves[at];
    }

    /// <summary>This very leaf, or null.</summary>
    public StoredLeaf? Find(Leaf leaf)
    {
        int at = Search(leaf.Incarnation, leaf.Ordinal);
        if (at < 0) return null;
        while (IsNumber(leaf, at - 1)) at--;
        for (; IsNumber(leaf, at); at++)
        {
            if (Leaves[at].Hash == leaf.Hash) return Leaves[at];
        }

        return null;
    }

    /// <summary>True if another leaf of this one's number is here.</summary>
    public bool IsForked(Leaf leaf)
    {
        int at = Search(leaf.Incarnation, leaf.Ordinal);
        return at >= 0 && (Leaves[at].Hash != leaf.Hash || IsNumber(leaf, at - 1) || IsNumber(leaf, at + 1));
    }

    /// <summary>The highest ordinal of an incarnation here; null if there is none.</summary>
    public Ordinal? Last(Incarnation incarnation)
    {
        int at = ~Search(incarnation, new Ordinal(long.MaxValue)) - 1;
        return at >= 0 && Leaves[at].Incarnation == incarnation ? Leaves[at].Ordinal : null;
    }

    /// <summary>The digest of the leaves of one incarnation.</summary>
    public LeafDigest DigestOf(Incarnation incarnation) =>
        Leaves.All(leaf => leaf.Incarnation == incarnation)
            ? Digest
            : LeafDigest.Of(Leaves.Where(leaf => leaf.Incarnation == incarnation).Select(leaf => leaf.Leaf));

    /// <summary>
    /// This cell with more leaves; each is new here, or it throws <see cref="ErrorKind.Conflict"/>.
    /// </summary>
    public CellLeaves With(IReadOnlyCollection<StoredLeaf> added)
    {
        StoredLeaf[] all = [.. Leaves, .. added];
        Array.Sort(all, Compare);
        for (int i = 1; i < all.Length; i++)
        {
            if (Compare(all[i - 1], all[i]) == 0)
            {
                throw new TsDbException(
                    ErrorKind.Conflict, $"leaf {all[i].Ordinal.Value} of {Cell} is there already");
            }
        }

        LeafDigest digest = added.Aggregate(Digest, (sum, leaf) => sum + LeafDigest.Of(leaf.Leaf));
        return new CellLeaves(
            Cell, ImmutableArray.Create(all), digest, RangeOf(Leaves.IsEmpty ? null : Range, added));
    }

    /// <summary>This cell without a leaf that is in it.</summary>
    public CellLeaves Without(StoredLeaf leaf)
    {
        ImmutableArray<StoredLeaf> rest = Leaves.Remove(leaf);
        return new CellLeaves(Cell, rest, Digest - LeafDigest.Of(leaf.Leaf), RangeOf(null, rest));
    }

    private static TimeRange RangeOf(TimeRange? known, IEnumerable<StoredLeaf> leaves)
    {
        foreach (StoredLeaf leaf in leaves)
            known = known?.Union(leaf.Extent.Range) ?? leaf.Extent.Range;
        return known ?? default;
    }

    private bool IsNumber(Leaf leaf, int at) => at >= 0 && at < Leaves.Length
        && Leaves[at].Incarnation == leaf.Incarnation && Leaves[at].Ordinal == leaf.Ordinal;

    private static int Compare(StoredLeaf a, StoredLeaf b)
    {
        int order = a.Incarnation.CompareTo(b.Incarnation);
        if (order == 0) order = a.Ordinal.CompareTo(b.Ordinal);
        return order != 0 ? order : a.Hash.CompareTo(b.Hash);
    }

    private int Search(Incarnation incarnation, Ordinal ordinal)
    {
        int low = 0;
        int high = Leaves.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            StoredLeaf leaf = Leaves[middle];
            int order = leaf.Incarnation.CompareTo(incarnation);
            if (order == 0) order = leaf.Ordinal.CompareTo(ordinal);
            if (order == 0) return middle;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }

        return ~low;
    }
}
