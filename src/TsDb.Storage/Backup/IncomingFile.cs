using System.Security.Cryptography;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Backup;

/// <summary>A file that comes into a <see cref="BackupFolder"/>; nothing of it stays unless it is
/// kept.</summary>
internal sealed class IncomingFile : IDisposable
{
    private readonly IDisk _disk;
    private readonly string _path;
    private readonly string _temporary;
    private readonly Dictionary<string, BackupFile> _here;
    private readonly IDiskFile _file;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool _isKept;

    public IncomingFile(IDisk disk, string path, string temporary, Dictionary<string, BackupFile> here)
    {
        (_disk, _path, _temporary, _here) = (disk, path, temporary, here);
        disk.Delete(temporary);
        _file = disk.Create(temporary);
    }

    /// <summary>Adds bytes.</summary>
    public void Append(ReadOnlyMemory<byte> bytes)
    {
        _file.Append(bytes.Span);
        _hash.AppendData(bytes.Span);
    }

    /// <summary>The file is whole.</summary>
    public void Keep()
    {
        _file.Sync();
        BackupFile come = new(_path, _file.BytesLength, Convert.ToHexStringLower(_hash.GetHashAndReset()));
        _disk.Rename(_temporary, BackupFolder.PlaceOf(come));
        _here[_path] = come;
        _isKept = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _hash.Dispose();
        if (!_isKept) _disk.Delete(_temporary);
    }
}
