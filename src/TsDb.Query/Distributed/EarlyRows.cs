using Apache.Arrow;

namespace TsDb.Query.Distributed;

/// <summary>All rows of a fragment that was run before its query was planned on what nodes have.</summary>
/// <param name="Version">The moment of the node's catalog that they are from.</param>
/// <param name="Schema">The columns; none for rows of another node, whose columns have no names: what is made
/// of them has those of the answer.</param>
/// <param name="Batches">The rows.</param>
public sealed record EarlyRows(CatalogVersion Version, Schema Schema, IReadOnlyList<RecordBatch> Batches);
