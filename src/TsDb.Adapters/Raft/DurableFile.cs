using System.Text.Json;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Storage.Backup;
using TsDb.Storage.Ports;

namespace TsDb.Adapters.Raft;

/// <summary>A small file that is replaced whole.</summary>
internal static class DurableFile
{
    private const int BytesMax = 64 << 20;

    public static void Write(IDisk disk, string path, ReadOnlySpan<byte> bytes) =>
        FileBytes.Replace(disk, path, bytes);

    public static byte[]? Read(IDisk disk, string path)
    {
        if (!disk.Exists(path)) return null;
        using IDiskFile file = disk.Open(path);
        if (file.BytesLength > BytesMax)
            throw new TsDbException(ErrorKind.Corrupt, $"{disk.FullPath(path)} has {file.BytesLength} bytes");
        byte[] bytes = new byte[file.BytesLength];
        int read = 0;
        for (int n; read < bytes.Length && (n = file.ReadAt(read, bytes.AsSpan(read))) > 0;) read += n;
        return bytes;
    }

    public static void WriteJson<T>(IDisk disk, string path, T value) =>
        Write(disk, path, JsonSerializer.SerializeToUtf8Bytes(value, ClusterJson.Options));

    /// <summary>
    /// The value in the file; null if there is no file. Throws, naming the file, Invalid if it says a version
    /// above <paramref name="versionMax"/>, Corrupt if it cannot be read.
    /// </summary>
    public static T? ReadJson<T>(IDisk disk, string path, int versionMax)
        where T : class
    {
        if (Read(disk, path) is not { } bytes) return null;
        FormatVersion.RequireInJson(disk.FullPath(path), bytes, 1, versionMax);
        try
        {
            return JsonSerializer.Deserialize<T>(bytes, ClusterJson.Options)
                ?? throw new TsDbException(ErrorKind.Corrupt, $"{disk.FullPath(path)} holds null");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or FormatException)
        {
            throw new TsDbException(
                ErrorKind.Corrupt, $"{disk.FullPath(path)} cannot be read: {JsonFault.Describe(e)}", e);
        }
    }
}
