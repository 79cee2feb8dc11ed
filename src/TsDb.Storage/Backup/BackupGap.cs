namespace TsDb.Storage.Backup;

/// <summary>A file that a node should have had and that is not in its backup.</summary>
/// <param name="Path">Where it should lie below the data directory.</param>
/// <param name="Reason">What is wrong with it.</param>
public sealed record BackupGap(string Path, string Reason);
