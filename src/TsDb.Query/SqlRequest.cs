namespace TsDb.Query;

/// <summary>One SELECT and all that it may see.</summary>
public sealed record SqlRequest
{
    /// <summary>The statement, DuckDB's dialect.</summary>
    public required string Sql { get; init; }

    /// <summary>The relations the statement may name.</summary>
    public required IReadOnlyList<Relation> Relations { get; init; }

    /// <summary>True if texts of the rows may come as <see cref="Direct.TextRuns"/>.</summary>
    public bool TextRuns { get; init; }

    /// <summary>Bounds on what the statement may take.</summary>
    public SqlLimits Limits { get; init; } = new();
}
