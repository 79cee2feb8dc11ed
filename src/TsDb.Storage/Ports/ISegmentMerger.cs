using TsDb.Model;
using TsDb.Storage.Shipping;

namespace TsDb.Storage.Ports;

/// <summary>
/// Makes one segment file of several of the same cell: newest value of each field, each key once.
/// </summary>
public interface ISegmentMerger
{
    /// <summary>
    /// Writes the plan's segments as one file of that name, synced and in place; the file must not exist. Throws
    /// <see cref="ErrorKind.Corrupt"/> if an input cannot be read; nothing is left behind then.
    /// </summary>
    CutFile Merge(CutPlan plan, string name);
}
