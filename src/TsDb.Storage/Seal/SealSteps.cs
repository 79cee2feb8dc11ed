using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Hot;

namespace TsDb.Storage.Seal;

/// <summary>What a seal asks of the store around it, in the order of its steps.</summary>
/// <param name="Hot">The hot rows of the current version.</param>
/// <param name="IsShort">True while writes lack room.</param>
/// <param name="Covered">The last commit that lies in segments.</param>
/// <param name="Freeze">Sets everything committed apart.</param>
/// <param name="Write">Writes the files and makes them last.</param>
/// <param name="Record">Writes the catalog record and swaps in the version without the frozen rows.</param>
internal sealed record SealSteps(
    Func<HotState> Hot,
    Func<bool> IsShort,
    Func<CommitSequence> Covered,
    Func<FrozenBuffer> Freeze,
    Func<FrozenBuffer, IReadOnlyList<StoredSegment>> Write,
    Action<FrozenBuffer, IReadOnlyList<StoredSegment>> Record)
{
    /// <summary>Deletes the log that is not needed any more.</summary>
    public required Action<CommitSequence> CutLog { get; init; }
}
