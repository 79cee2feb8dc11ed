namespace TsDb.Adapters.Http.Statements;

/// <summary>One statement of a request to /query.</summary>
/// <param name="Kind">What it asks for.</param>
internal sealed record Statement(StatementKind Kind)
{
    /// <summary>The database it names; null if it names none.</summary>
    public string? Database { get; init; }

    /// <summary>The measurement it is about; null for all.</summary>
    public string? Measurement { get; init; }

    /// <summary>The most rows wanted of a list.</summary>
    public int Limit { get; init; } = int.MaxValue;

    /// <summary>Rows of the list to leave out first.</summary>
    public int Offset { get; init; }

    /// <summary>Why it is not answered.</summary>
    public string Reason { get; init; } = "";
}
