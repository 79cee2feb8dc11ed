namespace TsDb.Simulation.Disk;

/// <summary>The calls of a disk that change something.</summary>
public enum DiskCallKind
{
    /// <summary>A file is made.</summary>
    Create,

    /// <summary>Bytes are added.</summary>
    Append,

    /// <summary>A file is cut.</summary>
    Truncate,

    /// <summary>A file is made to last.</summary>
    Sync,

    /// <summary>A file gets another name.</summary>
    Rename,

    /// <summary>A file is removed.</summary>
    Delete,

    /// <summary>A folder's names are made to last.</summary>
    SyncDirectory,
}
