using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Query;

/// <summary>
/// A table's columns for one query, resolved from the whole catalog (never from what was pruned) and stamped
/// into the
/// plan. <c>time</c> and <c>edge</c> come first and are not listed.
/// </summary>
/// <param name="Table">The table.</param>
/// <param name="Columns">Tags, then fields.</param>
public sealed record ResolvedTable(TableId Table, ImmutableArray<ResolvedColumn> Columns);
