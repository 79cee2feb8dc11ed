using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Query.Distributed;

/// <summary>What a node has of one table, or what has changed of it.</summary>
/// <param name="Table">The table.</param>
/// <param name="Since">Cells that have not changed since are left out; none for a full list.</param>
/// <param name="Columns">Every column of every leaf of the table there, each role and type once; default if
/// they are what they were then.</param>
/// <param name="Cells">Cells, by edge and day.</param>
public sealed record TableCatalog(
    TableId Table, CatalogVersion Since, ImmutableArray<Column> Columns, ImmutableArray<CellFact> Cells);
