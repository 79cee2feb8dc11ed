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

    /// <summary>True if integers of the rows may come in fewer bytes than eight, whatever the columns say.
    /// </summary>
    public bool ShortIntegers { get; init; }

    /// <summary>Bounds on what the statement may take.</summary>
    public SqlLimits Limits { get; init; } = new();

    /// <summary>
    /// Keeps what the relations hold. It is called before a failure is told of a statement that does not stop
    /// and goes on by itself; what it gives is disposed of when that ends. Null if nothing is held.
    /// </summary>
    public Func<IDisposable>? Keep { get; init; }
}
