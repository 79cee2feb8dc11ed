using System.Text.Json;
using TsDb.Model;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Identity;

/// <summary>
/// The file <c>node.json</c> at the top of a data directory, which says whose directory it is: a JSON object
/// of a version and a few texts. It is replaced whole and synced; the directory's lock keeps a second process
/// away from it.
/// </summary>
public static class NodeFile
{
    /// <summary>Name of the file.</summary>
    public const string Name = "node.json";

    /// <summary>The member that says the file's version.</summary>
    public const string VersionName = "version";

    /// <summary>The member that says which directory a cloud node's is.</summary>
    public const string DirectoryName = "directory";

    private const int VersionCurrent = 1;
    private const int BytesLengthMax = 4_096;

    /// <summary>Replaces the file; after the call it survives a loss of power.</summary>
    public static void Save(IDisk disk, params ReadOnlySpan<(string Name, string Value)> members)
    {
        const string temporary = Name + ".tmp";
        disk.Delete(temporary);
        using (IDiskFile file = disk.Create(temporary))
        {
            file.Append(Encode(members));
            file.Sync();
        }

        disk.Rename(temporary, Name);
        disk.SyncDirectory("");
    }

    /// <summary>
    /// Reads the file, which is there. Throws <see cref="ErrorKind.Invalid"/> for a version this program does
    /// not know, <see cref="ErrorKind.Corrupt"/> if the file cannot be read or <paramref name="read"/> does
    /// not find in it what it needs.
    /// </summary>
    public static T Load<T>(IDisk disk, Func<JsonElement, T> read)
    {
        // The name may be seen and yet not be on the disk: whoever made it may have died before its sync.
        disk.SyncDirectory("");
        byte[] bytes = new byte[BytesLengthMax];
        using IDiskFile file = disk.Open(Name);
        int length = file.ReadAt(0, bytes);
        RequireVersion(disk.FullPath(Name), bytes.AsSpan(0, length));
        try
        {
            using JsonDocument json = JsonDocument.Parse(bytes.AsMemory(0, length));
            if (json.RootElement.GetProperty(VersionName).GetInt32() != VersionCurrent)
                throw new FormatException("it says two versions");
            return read(json.RootElement);
        }
        catch (Exception e) when (
            e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            throw new TsDbException(
                ErrorKind.Corrupt,
                $"{disk.FullPath(Name)} cannot be read ({JsonFault.Describe(e)}): restore it",
                e);
        }
    }

    /// <summary>
    /// Throws <see cref="ErrorKind.Invalid"/>, naming <paramref name="where"/>, for a file of a version that
    /// this program does not know.
    /// </summary>
    internal static void RequireVersion(string where, ReadOnlySpan<byte> json) =>
        FormatVersion.RequireInJson(where, json, VersionCurrent, VersionCurrent, VersionName);

    private static byte[] Encode(ReadOnlySpan<(string Name, string Value)> members)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            json.WriteNumber(VersionName, VersionCurrent);
            foreach ((string name, string value) in members) json.WriteString(name, value);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }
}
