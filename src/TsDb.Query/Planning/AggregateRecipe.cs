using System.Collections.Immutable;

namespace TsDb.Query.Planning;

/// <summary>
/// How one aggregate is computed in parts. Every text is SQL over generated names: arguments and filters are
/// columns by
/// then.
/// </summary>
internal sealed record AggregateRecipe
{
    /// <summary>Its partial state.</summary>
    public required ImmutableArray<PartialColumn> Columns { get; init; }

    /// <summary>The aggregate's value of the combined state.</summary>
    public required string Finish { get; init; }

    /// <summary>Columns over partial states that <see cref="PartialColumn.Combine"/> needs; {0} is the
    /// window.</summary>
    public ImmutableArray<(string Name, string Sql)> Prepared { get; init; } = [];

    /// <summary>Rows that travel beside the states because the aggregate must see them; or null.</summary>
    public ValueRows? Values { get; init; }

    /// <summary>The rows that <see cref="PartialColumn.IsOfWinners"/> is about; null if there are
    /// none.</summary>
    public string? Winners { get; init; }
}
