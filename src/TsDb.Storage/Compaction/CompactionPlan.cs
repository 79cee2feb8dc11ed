using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Storage.Catalog;

namespace TsDb.Storage.Compaction;

/// <summary>Segments of a cell that are to become one.</summary>
/// <param name="Facts">What the new file says of itself.</param>
/// <param name="Segments">The segments, oldest rank first.</param>
public sealed record CompactionPlan(Columnar.SegmentFacts Facts, ImmutableArray<StoredSegment> Segments)
{
    /// <summary>True if they were cut: then the new file stands for their run of ordinals.</summary>
    public bool AreCut => Segments[0].IsCut;

    /// <summary>The new file's rank.</summary>
    public long Rank => Segments[^1].Rank;

    /// <summary>The cell.</summary>
    public Cell Cell => Facts.Cell;
}
