namespace TsDb.Storage.Backup;

/// <summary>A file of a backup.</summary>
/// <param name="Path">Where it lay, and lies again once restored, below the data directory.</param>
/// <param name="Bytes">Its size in bytes.</param>
/// <param name="Sha256">SHA-256 of its bytes, 64 lower-case hexadecimal digits.</param>
public sealed record BackupFile(string Path, long Bytes, string Sha256);
