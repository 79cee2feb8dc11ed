using TsDb.Model;

namespace TsDb.Query;

/// <summary>What a statement certainly does not need can be left out of its scan; the scope is what it may
/// need.</summary>
/// <param name="Range">Times that can matter.</param>
/// <param name="Edges">Edges that can matter; null for all.</param>
/// <param name="Columns">SQL names of the columns that are read; null for all.</param>
public sealed record ScanScope(TimeRange Range, IReadOnlySet<EdgeId>? Edges, IReadOnlySet<string>? Columns)
{
    /// <summary>Everything.</summary>
    public static ScanScope All { get; } = new(TimeRange.All, null, null);

    /// <summary>True if rows of the cell can matter.</summary>
    public bool Includes(Cell cell) =>
        (Edges is null || Edges.Contains(cell.Edge)) && cell.Day.Range.Overlaps(Range);
}
