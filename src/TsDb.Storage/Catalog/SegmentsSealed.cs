using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Storage.Catalog;

/// <summary>A seal: from now on the log is needed only behind <paramref name="Covered"/>.</summary>
/// <param name="Covered">The last commit whose rows lie in segments.</param>
/// <param name="Segments">All segments of the seal.</param>
/// <param name="Schemas">Schemas that are new or have grown since the last seal, as of <paramref
/// name="Covered"/>.</param>
public sealed record SegmentsSealed(
    CommitSequence Covered, ImmutableArray<StoredSegment> Segments, ImmutableArray<TableSchema> Schemas)
    : CatalogRecord;
