using System.Globalization;
using TsDb.Model;
using TsDb.Storage.Ports;

namespace TsDb.Adapters.Disk;

/// <summary>
/// A data directory of the file system, locked for this process as long as the object lives. With a quota it
/// reports a full disk when the files in it would have more bytes than allowed.
/// </summary>
public sealed class DataDirectory : IDisk, IDisposable
{
    private const string LockName = "lock";

    private readonly string _root;
    private readonly FileStream _lock;
    private readonly long? _quotaBytes;
    private readonly DriveInfo _drive;
    private readonly HashSet<string> _unsyncedParents = new(StringComparer.Ordinal);
    private long _usedBytes;

    private DataDirectory(string root, FileStream heldLock, long? quotaBytes)
    {
        (_root, _lock, _quotaBytes) = (root, heldLock, quotaBytes);
        _drive = new DriveInfo(root);
        _usedBytes = quotaBytes is null ? 0 : UsedBytesNow();
    }

    /// <inheritdoc/>
    public long FreeBytes
    {
        get
        {
            long free = _drive.AvailableFreeSpace;
            return _quotaBytes is { } quota
                ? Math.Min(free, Math.Max(0, quota - Volatile.Read(ref _usedBytes)))
                : free;
        }
    }

    /// <summary>
    /// Opens a directory, making it if it is not there. Throws <see cref="ErrorKind.Conflict"/> if another
    /// process has it open, <see cref="ErrorKind.Invalid"/> if it cannot be made or written.
    /// </summary>
    public static DataDirectory Open(string path, long? quotaBytes = null)
    {
        string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        try
        {
            HashSet<string> made = new(StringComparer.Ordinal);
            MakeFolder(root, made);
            foreach (string parent in made) Libc.SyncDirectory(parent);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TsDbException(
                ErrorKind.Invalid, $"cannot make the data directory {root}: {e.Message}", e);
        }

        return new DataDirectory(root, Lock(root), quotaBytes);
    }

    /// <inheritdoc/>
    public IDiskFile Create(string path)
    {
        string full = FullPath(path);
        lock (_unsyncedParents) MakeFolder(Path.GetDirectoryName(full)!, _unsyncedParents);
        return Run(path, () => new DataFile(this, path, File.OpenHandle(
            full, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete)));
    }

    /// <inheritdoc/>
    public IDiskFile Open(string path, bool append = false) =>
        Run(path, () => new DataFile(this, path, File.OpenHandle(
        FullPath(path),
        FileMode.Open,
        append ? FileAccess.ReadWrite : FileAccess.Read,
        FileShare.ReadWrite | FileShare.Delete)));

    /// <inheritdoc/>
    public bool Exists(string path) => File.Exists(FullPath(path));

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        long replaced = LengthOf(to);
        _ = Run(to, () =>
        {
            File.Move(FullPath(from), FullPath(to), overwrite: true);
            return 0;
        });
        Use(-replaced);
    }

    /// <inheritdoc/>
    public void Delete(string path)
    {
        long length = LengthOf(path);
        string full = FullPath(path);
        if (!Directory.Exists(Path.GetDirectoryName(full))) return;
        File.Delete(full);
        Use(-length);
    }

    /// <inheritdoc/>
    public void SyncDirectory(string path)
    {
        string full = FullPath(path);
        _ = Run(path, () =>
        {
            SyncNewFolders();
            Libc.SyncDirectory(full);
            return 0;
        });
    }

    /// <inheritdoc/>
    public void SyncFiles(IReadOnlyCollection<IDiskFile> files) => Together.Run(files, file => file.Sync());

    /// <inheritdoc/>
    public void SyncDirectories(IReadOnlyCollection<string> paths)
    {
        lock (_unsyncedParents)
        {
            Together.Run(_unsyncedParents, Libc.SyncDirectory);
            _unsyncedParents.Clear();
        }

        Together.Run(paths, SyncDirectory);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string path)
    {
        string folder = FullPath(path);
        if (!Directory.Exists(folder)) return [];
        string[] names = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(_root, file).Replace(Path.DirectorySeparatorChar, '/'))
            .Where(file => file != LockName)];
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    /// <inheritdoc/>
    public string FullPath(string path)
    {
        if (Path.IsPathRooted(path) || path.Split('/').Contains(".."))
            throw new TsDbException(ErrorKind.Invalid, $"path '{path}' leaves the data directory");
        return path.Length == 0 ? _root : Path.Combine(_root, path);
    }

    /// <summary>Lets another process have the directory.</summary>
    public void Dispose() => _lock.Dispose();

    /// <summary>Counts bytes against the quota; a negative number gives them back.</summary>
    internal void Use(long bytes) => Interlocked.Add(ref _usedBytes, bytes);

    /// <summary>Throws <see cref="DiskFullException"/> if so many more bytes break the quota.</summary>
    internal void RequireQuota(string path, long bytes)
    {
        if (_quotaBytes is not { } quota || Volatile.Read(ref _usedBytes) + bytes <= quota) return;
        throw new DiskFullException(string.Create(
            CultureInfo.InvariantCulture,
            $"{path}: {bytes} more bytes break the limit of {quota} for {_root}"));
    }

    /// <summary>
    /// Runs a call to the file system and turns "no space" into <see cref="DiskFullException"/>.
    /// </summary>
    internal static T Run<T>(string path, Func<T> call)
    {
        try
        {
            return call();
        }
        catch (IOException e) when (Libc.IsDiskFull(e))
        {
            throw new DiskFullException($"{path}: the disk is full", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{path}: {e.Message}", e);
        }
    }

    // A folder made and lost again would take the files in it along: its name is made to last before it is
    // used.
    /// <summary>Makes a folder and those above it; <paramref name="made"/> gets the parents that have a new
    /// name.</summary>
    private static void MakeFolder(string folder, ICollection<string> made)
    {
        if (Directory.Exists(folder)) return;
        string? parent = Path.GetDirectoryName(folder);
        if (parent is not null) MakeFolder(parent, made);
        Directory.CreateDirectory(folder);
        if (parent is not null) made.Add(parent);
    }

    /// <summary>Names of new folders last once the folders above them are synced.</summary>
    private void SyncNewFolders()
    {
        lock (_unsyncedParents)
        {
            foreach (string parent in _unsyncedParents.ToArray())
            {
                Libc.SyncDirectory(parent);
                _unsyncedParents.Remove(parent);
            }
        }
    }

    private static FileStream Lock(string root)
    {
        try
        {
            return new FileStream(
                Path.Combine(root, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new TsDbException(
                ErrorKind.Invalid, $"the data directory {root} cannot be written: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new TsDbException(
                ErrorKind.Conflict,
                $"the data directory {root} is in use by another process: stop it, or choose another one",
                e);
        }
    }

    /// <inheritdoc/>
    public long LengthOf(string path)
    {
        FileInfo file = new(FullPath(path));
        return file.Exists ? file.Length : 0;
    }

    private long UsedBytesNow() =>
        new DirectoryInfo(_root).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
}
