using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Receiving;

namespace TsDb.Replication.Compaction;

/// <summary>Files of a cell at a cloud node that are to become one.</summary>
/// <param name="Facts">What the new file says of itself.</param>
/// <param name="Files">The files, by ordinals without a gap, which is oldest first.</param>
public sealed record ReplicaCompactionPlan(SegmentFacts Facts, ImmutableArray<StoredFile> Files)
{
    /// <summary>The cell.</summary>
    public Cell Cell => Facts.Cell;

    /// <summary>Size of the files together in bytes.</summary>
    public long BytesLength => Files.Sum(file => file.Extent.BytesLength);
}
