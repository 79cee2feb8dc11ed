using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Storage.Catalog;

namespace TsDb.Storage.Shipping;

/// <summary>A shipment to be cut: which segments, and which ordinal it will have.</summary>
/// <param name="Cell">The cell.</param>
/// <param name="Incarnation">The incarnation it is cut in.</param>
/// <param name="Ordinal">The ordinal it will have.</param>
/// <param name="Segments">Its rows, oldest rank first.</param>
/// <param name="Rewrite">True if a new file has to be made; false if the one segment is cut as it
/// lies.</param>
public sealed record CutPlan(
    Cell Cell,
    Incarnation Incarnation,
    Ordinal Ordinal,
    ImmutableArray<StoredSegment> Segments,
    bool Rewrite)
{
    /// <summary>
    /// Segments that are cut already and hold newer rows than some of <see cref="Segments"/> (which lost
    /// their own ordinal by a fork). Their rows are laid over, because the new ordinal is the newest of all;
    /// they stay as they are.
    /// </summary>
    public ImmutableArray<StoredSegment> Newer { get; init; } = [];

    /// <summary>Everything that the file is made of, oldest rank first.</summary>
    public IEnumerable<StoredSegment> Inputs => Segments.Concat(Newer).OrderBy(segment => segment.Rank);
}
