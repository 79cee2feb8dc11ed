using TsDb.Model;

namespace TsDb.Storage.Catalog;

/// <summary>The place of a leaf: one cut per cell, incarnation and ordinal.</summary>
public sealed record LeafKey(Cell Cell, Incarnation Incarnation, Ordinal Ordinal) : IComparable<LeafKey>
{
    /// <summary>The place of that leaf.</summary>
    public static LeafKey Of(Leaf leaf) => new(leaf.Cell, leaf.Incarnation, leaf.Ordinal);

    /// <summary>Orders by cell, incarnation, ordinal.</summary>
    public int CompareTo(LeafKey? other)
    {
        if (other is null) return 1;
        int order = Cell.CompareTo(other.Cell);
        if (order == 0) order = Incarnation.CompareTo(other.Incarnation);
        return order != 0 ? order : Ordinal.CompareTo(other.Ordinal);
    }
}
