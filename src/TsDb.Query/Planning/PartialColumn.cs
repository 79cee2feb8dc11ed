namespace TsDb.Query.Planning;

/// <summary>One column of an aggregate's partial state.</summary>
/// <param name="Name">Its name on the wire.</param>
/// <param name="FromRows">Its value for a group of rows.</param>
/// <param name="Combine">
/// The same for several partial states of one group: with NULL as identity, associative and commutative but
/// for the
/// rounding of doubles.
/// </param>
internal sealed record PartialColumn(string Name, string FromRows, string Combine);
