using TsDb.Model;
using TsDb.Storage.Ports;
using TsDb.Storage.Shipping;

namespace TsDb.Storage.Backup;

/// <summary>
/// A folder with the newest backup of one node. Segment files, which never change, lie as in the data
/// directory; everything else lies in <c>state/</c> under its hash, so that a backup that breaks off leaves
/// the one before it whole. Used by one thread at a time.
/// </summary>
public sealed class BackupFolder
{
    private const string StateFolder = "state";
    private const string TemporarySuffix = ".part";

    private readonly IDisk _disk;
    private readonly Dictionary<string, BackupFile> _here = new(StringComparer.Ordinal);

    private BackupFolder(IDisk disk, BackupManifest? manifest) => (_disk, Manifest) = (disk, manifest);

    /// <summary>The backup that is there; null for none.</summary>
    public BackupManifest? Manifest { get; private set; }

    /// <summary>
    /// Looks at a folder. Throws <see cref="ErrorKind.Conflict"/> if it is a node's data directory,
    /// <see cref="ErrorKind.Corrupt"/> if its manifest cannot be read.
    /// </summary>
    public static BackupFolder Open(IDisk disk)
    {
        if (disk.Exists(Identity.NodeFile.Name))
        {
            throw new TsDbException(
                ErrorKind.Conflict,
                $"{disk.FullPath("")} is the data directory of a node: name another folder");
        }

        byte[]? bytes = FileBytes.ReadAll(disk, BackupManifest.FileName);
        return new BackupFolder(disk, bytes is null
            ? null
            : BackupManifest.Decode(bytes, disk.FullPath(BackupManifest.FileName)));
    }

    /// <summary>
    /// The segment files that are here and need not come again: read and hashed. A file that is not what the
    /// manifest says is none of them.
    /// </summary>
    public IReadOnlyDictionary<string, BackupFile> Present()
    {
        Dictionary<string, string> named = new(StringComparer.Ordinal);
        foreach (BackupFile file in Manifest?.Files ?? []) named[file.Path] = file.Sha256;
        _here.Clear();
        foreach (string path in _disk.List(SegmentFolder.Root))
        {
            if (path.EndsWith(TemporarySuffix, StringComparison.Ordinal)) continue;
            BackupFile found = new(path, _disk.LengthOf(path), FileHash.Of(_disk, path).ToString());
            if (named.GetValueOrDefault(path, found.Sha256) == found.Sha256) _here.Add(path, found);
        }

        return _here;
    }

    /// <summary>Where a file of a backup lies in its folder.</summary>
    public static string PlaceOf(BackupFile file) =>
        IsSegment(file.Path) ? file.Path : $"{StateFolder}/{file.Sha256}";

    /// <summary>Begins a file that comes.</summary>
    internal IncomingFile Take(string path) => new(
        _disk, path, (IsSegment(path) ? path : $"{StateFolder}/incoming") + TemporarySuffix, _here);

    /// <summary>
    /// Makes what has come, and what was here, the folder's backup; then removes what it does not name.
    /// Throws <see cref="ErrorKind.Corrupt"/> if a file is not what the manifest says.
    /// </summary>
    public void Finish(BackupManifest manifest)
    {
        foreach (BackupFile file in manifest.Files)
        {
            if (_here.GetValueOrDefault(file.Path) == file) continue;
            throw new TsDbException(
                ErrorKind.Corrupt, $"{file.Path} did not come as it was sent: try again");
        }

        HashSet<string> places = [.. manifest.Files.Select(PlaceOf)];
        _disk.SyncDirectories([.. places.SelectMany(FoldersOf).Distinct(StringComparer.Ordinal)]);
        const string temporary = BackupManifest.FileName + TemporarySuffix;
        _disk.Delete(temporary);
        using (IDiskFile file = _disk.Create(temporary))
        {
            file.Append(manifest.Encode());
            file.Sync();
        }

        _disk.Rename(temporary, BackupManifest.FileName);
        _disk.SyncDirectory("");
        Manifest = manifest;
        foreach (string path in _disk.List(""))
            if (path != BackupManifest.FileName && !places.Contains(path)) _disk.Delete(path);
    }

    private static bool IsSegment(string path) =>
        path.StartsWith(SegmentFolder.Root + "/", StringComparison.Ordinal);

    // The folder of a file and all above it: each may have a new name in it.
    private static IEnumerable<string> FoldersOf(string place)
    {
        for (int at = place.LastIndexOf('/'); at >= 0; at = place[..at].LastIndexOf('/'))
            yield return place[..at];
        yield return "";
    }
}
