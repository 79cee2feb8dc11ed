using System.Collections.Immutable;

namespace TsDb.Query.Distributed;

/// <summary>Asks for a table, in any spelling of its name that differs only by case.</summary>
/// <param name="Database">The database, spelled exactly or not.</param>
/// <param name="Table">The table's name.</param>
/// <param name="Known">What the asker knows already of the node's tables: only changes since come
/// back.</param>
public sealed record TableQuestion(string Database, string Table, ImmutableArray<KnownTable> Known);
