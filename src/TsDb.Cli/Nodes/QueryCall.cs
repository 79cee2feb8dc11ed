namespace TsDb.Cli.Nodes;

/// <summary>One question to a node.</summary>
internal sealed record QueryCall(string Database, string Sql, string Format)
{
    /// <summary><c>one</c>, <c>quorum</c> or <c>all</c>; null for the node's default.</summary>
    public string? Consistency { get; init; }

    /// <summary>True to include what edges have not shipped yet.</summary>
    public bool Fresh { get; init; }

    /// <summary>How long a fresh question waits for edges, such as <c>30s</c>; null for the node's
    /// default.</summary>
    public string? EdgeTimeout { get; init; }

    /// <summary>True to take an answer that names what is missing instead of an error.</summary>
    public bool AllowPartial { get; init; }
}
