using TsDb.Model;

namespace TsDb.Storage.Wal;

/// <summary>
/// What a replay found: the files in order, the last commit, and the last frame (null for an empty log).
/// </summary>
internal sealed record ReplayedLog(
    IReadOnlyList<LogFile> Files, CommitSequence Last, ReplayedFrame? LastFrame);
