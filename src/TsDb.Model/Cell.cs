using System.Globalization;

namespace TsDb.Model;

/// <summary>(database, table, edge, day of the point's time): all that one merge by key needs lies in one
/// cell.</summary>
public sealed record Cell(TableId Table, EdgeId Edge, Day Day) : IComparable<Cell>
{
    /// <summary>Orders by table, edge, day.</summary>
    public int CompareTo(Cell? other)
    {
        if (other is null) return 1;
        int order = Table.CompareTo(other.Table);
        if (order == 0) order = Edge.CompareTo(other.Edge);
        return order != 0 ? order : Day.CompareTo(other.Day);
    }

    /// <summary>For logs and errors: database.table/edge/day.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Table}/{Edge}/{Day}");
}
