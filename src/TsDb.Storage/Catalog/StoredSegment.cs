using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Storage.Catalog;

/// <summary>A segment file of this store, as the catalog knows it. Immutable, as the file is.</summary>
/// <param name="Name">Path of the file from the data directory; unique for ever.</param>
/// <param name="BytesLength">Size of the file in bytes.</param>
/// <param name="Manifest">What the file says of itself.</param>
/// <param name="Rank"> Order of newness inside the cell: of two segments with the same key the one with the
/// higher rank is the newer. A file that replaces others takes the highest rank among them. </param>
/// <param name="IsCut"> True if the file holds cut leaves (its manifest's ordinals are in the ledger); false
/// while it may still be merged. </param>
public sealed record StoredSegment(
    string Name, long BytesLength, SegmentManifest Manifest, long Rank, bool IsCut)
{
    /// <summary>
    /// Leaves of before whose rows lie here, to be cut anew or cut so: once this is durable in the cloud,
    /// which refused or lost them, nothing of them is missing there.
    /// </summary>
    public ImmutableArray<Leaf> Supersedes { get; init; } = [];
}
