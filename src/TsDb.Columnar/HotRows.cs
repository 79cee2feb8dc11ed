using TsDb.Model;

namespace TsDb.Columnar;

/// <summary>
/// The part of one edge's hot buffer that belongs to one table: batches in commit order, newer than every
/// segment.
/// </summary>
/// <param name="Edge">The edge whose buffer this is.</param>
/// <param name="Batches">Immutable batches, oldest commit first.</param>
/// <param name="KeysAreUnique">True only if the writer knows that no (tags, time) repeats inside the
/// batches.</param>
public sealed record HotRows(EdgeId Edge, IReadOnlyList<TableBatch> Batches, bool KeysAreUnique);
