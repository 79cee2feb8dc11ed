namespace TsDb.Query.Planning;

/// <summary>
/// The part of a query that runs where the data is: one SELECT over one table. Run on disjoint sets of cells
/// that
/// together are all cells of the scope, its rows together are the relation <see cref="ResultName"/> of the
/// final
/// statement.
/// </summary>
public sealed record PlannedFragment
{
    /// <summary>The name of the rows in <see cref="DistributedPlan.FinalSql"/>.</summary>
    public required string ResultName { get; init; }

    /// <summary>The statement for each node; it names its one table <see cref="RelationName"/>.</summary>
    public required string Sql { get; init; }

    /// <summary>True if its rows are partial states, not points.</summary>
    public bool HasStates { get; init; }

    /// <summary>True if whoever takes the rows reads texts as <see cref="Direct.TextRuns"/> as
    /// well.</summary>
    public bool TextRuns { get; init; }

    /// <summary>True if whoever takes the rows reads columns of 64-bit integers that come in 16 or 32 bits,
    /// where all values fit.</summary>
    public bool ShortIntegers { get; init; }

    /// <summary>The name of the points in <see cref="Sql"/>; never qualified.</summary>
    public required string RelationName { get; init; }

    /// <summary>The table with the types that the whole catalog resolved, for every scan alike.</summary>
    public required ResolvedTable Table { get; init; }

    /// <summary>Rows, edges and columns outside it are not needed.</summary>
    public required ScanScope Scope { get; init; }
}
