using System.Collections.Immutable;
using TsDb.Columnar;

namespace TsDb.Storage.Ingest;

/// <summary>A body parsed against one state of the schemas.</summary>
/// <param name="Batches">The good points; none if the dialect refuses the body for its bad ones.</param>
/// <param name="RowCount">Number of points in the batches.</param>
/// <param name="RefusedCount">Points not in the batches.</param>
/// <param name="Refusals">The refused lines, first ones first; not more than the limit of listed
/// ones.</param>
/// <param name="RefusedWhole">True if good points are left out because of the bad ones.</param>
public sealed record ParsedPoints(
    ImmutableArray<TableBatch> Batches,
    long RowCount,
    long RefusedCount,
    ImmutableArray<LineRefusal> Refusals,
    bool RefusedWhole)
{
    /// <summary>Tag values and series that the node did not know, table by table.</summary>
    internal ImmutableArray<NewTagValues> NewTagValues { get; init; } = [];

    /// <summary>The points of several parts that are stored together.</summary>
    internal static ParsedPoints Join(IReadOnlyList<ParsedPoints> parts) => parts.Count == 1
        ? parts[0]
        : new ParsedPoints(
            [.. parts.SelectMany(part => part.Batches)],
            parts.Sum(part => part.RowCount),
            parts.Sum(part => part.RefusedCount),
            [.. parts.SelectMany(part => part.Refusals)],
            RefusedWhole: false)
        {
            NewTagValues = [.. parts.SelectMany(part => part.NewTagValues)],
        };
}
