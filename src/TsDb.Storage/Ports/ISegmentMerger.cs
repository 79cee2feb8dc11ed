using TsDb.Model;
using TsDb.Storage.Shipping;

namespace TsDb.Storage.Ports;

/// <summary>
/// Makes one segment file of several of the same cell: newest value of each field, each key once.
/// </summary>
public interface ISegmentMerger
{
    /// <summary>
    /// Writes the plan's segments as one file, synced and in place. Its name follows from its content, so
    /// that a second try either finds the same bytes or has another name. Throws
    /// <see cref="ErrorKind.Corrupt"/> if an input cannot be read.
    /// </summary>
    CutFile Merge(CutPlan plan);

    /// <summary>
    /// Writes the segments of a compaction as one file, likewise, without the points that a mask hides; null
    /// if it is one segment and has none of them.
    /// </summary>
    CutFile? Merge(Compaction.CompactionPlan plan, Columnar.PointMask without);
}
