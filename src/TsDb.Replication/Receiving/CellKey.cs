using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <summary>A cell inside its table.</summary>
/// <param name="Edge">The edge.</param>
/// <param name="Day">The day.</param>
public readonly record struct CellKey(EdgeId Edge, Day Day) : IComparable<CellKey>
{
    /// <summary>The key of a cell.</summary>
    public static CellKey Of(Cell cell) => new(cell.Edge, cell.Day);

    /// <summary>Orders by edge, then day.</summary>
    public int CompareTo(CellKey other)
    {
        int order = Edge.CompareTo(other.Edge);
        return order != 0 ? order : Day.CompareTo(other.Day);
    }
}
