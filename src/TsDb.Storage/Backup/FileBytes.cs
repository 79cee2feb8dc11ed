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
}
