using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Storage.Catalog;

/// <summary>A shipment was cut: ordinal and hash are fixed, the file is never made again.</summary>
/// <param name="Leaf">The new leaf.</param>
/// <param name="Segment">The file, with <see cref="StoredSegment.IsCut"/>; its name may be one of the
/// replaced ones (a single sealed segment that is cut as it lies).</param>
/// <param name="Replaced">Names of the uncut segments whose rows it holds.</param>
public sealed record LeafCut(
    Leaf Leaf, StoredSegment Segment, ImmutableArray<string> Replaced) : CatalogRecord
{
    /// <summary>When, by the wall clock of then; null where an earlier program wrote it.</summary>
    public DateTimeOffset? CutAt { get; init; }

    internal override ImmutableArray<string> Dropped => Replaced;
}
