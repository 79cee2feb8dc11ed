namespace TsDb.Query.Planning;

/// <summary>One use of a table in a <see cref="LocalPlan"/>.</summary>
/// <param name="RelationName">Its name in the statement; never qualified.</param>
/// <param name="Table">The resolved table.</param>
/// <param name="Scope">What of it the statement may need.</param>
public sealed record LocalScan(string RelationName, ResolvedTable Table, ScanScope Scope);
