using System.Collections.Immutable;

namespace TsDb.Storage.Catalog;

/// <summary>A run of cut segments became one file, or uncut ones did, which stay uncut.</summary>
/// <param name="Segment">The new file; if they are cut its manifest names the run of ordinals.</param>
/// <param name="Replaced">Names of the files whose rows it holds.</param>
public sealed record SegmentsCompacted(StoredSegment Segment, ImmutableArray<string> Replaced) : CatalogRecord
{
    internal override ImmutableArray<string> Dropped => Replaced;
}
