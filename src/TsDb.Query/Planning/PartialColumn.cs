namespace TsDb.Query.Planning;

/// <summary>One column of an aggregate's partial state.</summary>
/// <param name="Name">Its name on the wire.</param>
/// <param name="FromRows">Its value for a group of rows.</param>
/// <param name="Combine">
/// The same for several partial states of one group: with NULL as identity, associative and commutative but
/// for the rounding of doubles.
/// </param>
/// <param name="IsOfWinners">
/// True if <paramref name="FromRows"/> is over those rows of the group only that share the place which other
/// columns of the state name: a second look, at few rows.
/// </param>
internal sealed record PartialColumn(string Name, string FromRows, string Combine, bool IsOfWinners = false);
