namespace TsDb.Storage.Backup;

/// <summary>What kind of node a backup was taken from.</summary>
public enum BackupKind
{
    /// <summary>An edge.</summary>
    Edge,

    /// <summary>A cloud node.</summary>
    Cloud,
}
