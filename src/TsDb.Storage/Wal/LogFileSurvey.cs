using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Storage.Wal;

/// <summary>What lies in one file of a log.</summary>
/// <param name="Path">The file, from the data directory.</param>
/// <param name="BytesLength">Its size.</param>
/// <param name="Commits">Whole commits in it.</param>
/// <param name="First">The first of them.</param>
/// <param name="Last">The last of them.</param>
/// <param name="Damages">Where bytes are that are no whole commit, in order.</param>
public sealed record LogFileSurvey(
    string Path,
    long BytesLength,
    int Commits,
    CommitSequence First,
    CommitSequence Last,
    ImmutableArray<LogDamage> Damages);
