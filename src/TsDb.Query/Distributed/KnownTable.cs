using TsDb.Model;

namespace TsDb.Query.Distributed;

/// <summary>The moment up to which the asker knows a node's table.</summary>
/// <param name="Table">The table.</param>
/// <param name="Version">The version of the last answer about it.</param>
public sealed record KnownTable(TableId Table, CatalogVersion Version);
