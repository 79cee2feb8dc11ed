using System.Collections.Immutable;

namespace TsDb.Storage.Wal;

/// <summary>What a salvage kept and what it could not.</summary>
/// <param name="Commits">Commits in the new files.</param>
/// <param name="Rows">Points in them.</param>
/// <param name="Losses">What is missing between them, in words, in order.</param>
/// <param name="SetAside">The old files, under the names they have now.</param>
public sealed record SalvageReport(
    int Commits, long Rows, ImmutableArray<string> Losses, ImmutableArray<string> SetAside);
