namespace TsDb.Storage.Ports;

/// <summary>
/// One data directory. Paths are relative to it, with '/' between parts. Calls block: they run on threads
/// that own the
/// state behind them. What is promised after a crash: bytes of a file up to its last <see
/// cref="IDiskFile.Sync"/>, and
/// names up to the last <see cref="SyncDirectory"/> of their folder; of anything later any part may be there
/// or not.
/// Failures are <see cref="IOException"/>; a full disk is <see cref="DiskFullException"/>.
/// </summary>
public interface IDisk
{
    /// <summary>Bytes that can still be written.</summary>
    long FreeBytes { get; }

    /// <summary>Creates a file and its missing folders; fails if the file exists.</summary>
    IDiskFile Create(string path);

    /// <summary>Opens an existing file for reading and, if <paramref name="append"/>, for appending and
    /// cutting.</summary>
    IDiskFile Open(string path, bool append = false);

    /// <summary>Length in bytes of an existing file.</summary>
    long LengthOf(string path)
    {
        using IDiskFile file = Open(path);
        return file.BytesLength;
    }

    /// <summary>
    /// Syncs files; together that may take far less time than one after the other. On an exception nothing is
    /// known of any of them.
    /// </summary>
    void SyncFiles(IReadOnlyCollection<IDiskFile> files)
    {
        foreach (IDiskFile file in files) file.Sync();
    }

    /// <summary>Syncs folders, as <see cref="SyncFiles"/> does with files.</summary>
    void SyncDirectories(IReadOnlyCollection<string> paths)
    {
        foreach (string path in paths) SyncDirectory(path);
    }

    /// <summary>True if a file of that name is there.</summary>
    bool Exists(string path);

    /// <summary>Gives the file a new name, replacing what had it.</summary>
    void Rename(string from, string to);

    /// <summary>Removes the file; nothing happens if it is not there.</summary>
    void Delete(string path);

    /// <summary>Makes names created, renamed or removed in a folder survive a crash. "" is the data
    /// directory.</summary>
    void SyncDirectory(string path);

    /// <summary>Files below a folder, all levels, as paths from the data directory, in ordinal order; none if
    /// it is not there. The lock of the data directory is none of them.</summary>
    IReadOnlyList<string> List(string path);

    /// <summary>The absolute path of a file, for engines that open files by themselves.</summary>
    string FullPath(string path);
}
