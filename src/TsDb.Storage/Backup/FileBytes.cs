using TsDb.Storage.Ports;

namespace TsDb.Storage.Backup;

/// <summary>Small files as a whole.</summary>
public static class FileBytes
{
    /// <summary>The bytes of a file; null if it is not there.</summary>
    public static byte[]? ReadAll(IDisk disk, string path)
    {
        if (!disk.Exists(path)) return null;
        using IDiskFile file = disk.Open(path);
        byte[] bytes = new byte[file.BytesLength];
        for (int at = 0; at < bytes.Length;)
        {
            int read = file.ReadAt(at, bytes.AsSpan(at));
            if (read == 0) throw new EndOfStreamException($"{path} ends at {at}");
            at += read;
        }

        return bytes;
    }

    /// <summary>
    /// Puts these bytes in the place of a file: temporary name, fsync, rename, fsync of the folder. Throws
    /// <see cref="IOException"/> if the disk fails; the file is then the one before or this one.
    /// </summary>
    public static void Replace(IDisk disk, string path, ReadOnlySpan<byte> bytes)
    {
        string temporary = $"{path}.tmp";
        disk.Delete(temporary);
        using (IDiskFile file = disk.Create(temporary))
        {
            file.Append(bytes);
            file.Sync();
        }

        disk.Rename(temporary, path);
        disk.SyncDirectory(path[..Math.Max(0, path.LastIndexOf('/'))]);
    }
}
