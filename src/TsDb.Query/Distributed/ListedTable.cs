using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Query.Distributed;

/// <summary>A table that a node has something of.</summary>
/// <param name="Table">The table.</param>
/// <param name="Columns">Every column of every leaf of the table there, each role and type once.</param>
public sealed record ListedTable(TableId Table, ImmutableArray<Column> Columns);
