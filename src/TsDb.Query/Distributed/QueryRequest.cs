namespace TsDb.Query.Distributed;

/// <summary>One question to the cluster.</summary>
public sealed record QueryRequest
{
    /// <summary>How long a fresh query waits for edges unless it says otherwise.</summary>
    public static readonly TimeSpan EdgeWaitDefault = TimeSpan.FromSeconds(5);

    /// <summary>The statement, DuckDB's dialect.</summary>
    public required string Sql { get; init; }

    /// <summary>The database of tables that the statement does not qualify.</summary>
    public required string Database { get; init; }

    /// <summary>How completeness is checked.</summary>
    public Consistency Consistency { get; init; } = Consistency.Quorum;

    /// <summary>True if an answer that lacks something is wanted rather than an error; its coverage says
    /// what.</summary>
    public bool AllowPartial { get; init; }

    /// <summary>True if points that have not left their edge yet are wanted as well.</summary>
    public bool Fresh { get; init; }

    /// <summary>How long a fresh query waits for edges.</summary>
    public TimeSpan EdgeWait { get; init; } = EdgeWaitDefault;

    /// <summary>True if whoever asks reads texts as <see cref="Direct.TextRuns"/> as well, and integers in
    /// fewer bytes than their columns say.</summary>
    public bool TextRuns { get; init; }

    /// <summary>Bounds on the whole query, and on each of its parts.</summary>
    public SqlLimits Limits { get; init; } = new();
}
