using TsDb.Model;

namespace TsDb.Storage.Shipping;

/// <summary>
/// A cut shipment whose file lies here. Ordered by newness of its points: the newest is the greatest.
/// </summary>
/// <param name="Leaf">Who it is.</param>
/// <param name="SegmentName">Path of the file from the data directory.</param>
/// <param name="BytesLength">Size of the file in bytes.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Range">The times of the rows.</param>
public sealed record ShipLeaf(Leaf Leaf, string SegmentName, long BytesLength, long Rows, TimeRange Range)
    : IComparable<ShipLeaf>
{
    /// <summary>
    /// Orders by the last time, then by cell, ordinal and hash so that no two leaves are equal.
    /// </summary>
    public int CompareTo(ShipLeaf? other)
    {
        if (other is null) return 1;
        int order = Range.EndNanoseconds.CompareTo(other.Range.EndNanoseconds);
        if (order == 0) order = Leaf.Cell.CompareTo(other.Leaf.Cell);
        if (order == 0) order = Leaf.Ordinal.CompareTo(other.Leaf.Ordinal);
        return order != 0 ? order : Leaf.Hash.CompareTo(other.Leaf.Hash);
    }
}
