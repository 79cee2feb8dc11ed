using System.Collections.Immutable;

namespace TsDb.Query.Planning;

/// <summary>A statement for one node that has all the data: the same answer as the distributed one
/// gives.</summary>
/// <param name="Sql">The statement to run.</param>
/// <param name="Scans">The tables it reads, under the names it uses.</param>
public sealed record LocalPlan(string Sql, ImmutableArray<LocalScan> Scans);
