using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Query.Scan;

/// <summary>
/// Rows in memory that a table function serves with the columns c0 (time), c1 (edge), then the table's
/// columns in order.
/// </summary>
/// <param name="FunctionCall">SQL of the call, such as <c>rows(3)</c>.</param>
/// <param name="Windows">Only rows of these times; empty for all.</param>
public sealed record MemoryScan(string FunctionCall, ImmutableArray<TimeRange> Windows);
