using System.Collections.Immutable;
using TsDb.Columnar;

namespace TsDb.Storage;

/// <summary>
/// The points of one request, all or nothing: what one call of <see cref="EdgeStore.CommitAsync"/> makes
/// durable.
/// </summary>
/// <param name="Batches">The points, in the order of the request; a table may appear more than once.</param>
/// <param name="ParsedAgainst">The schemas that the batches were built to agree with.</param>
public sealed record WriteRequest(ImmutableArray<TableBatch> Batches, SchemaCatalog ParsedAgainst);
