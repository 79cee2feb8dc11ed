using System.Text.Json;
using TsDb.Model;
using TsDb.Storage.Ports;
using TsDb.Storage.Records;

namespace TsDb.Replication.Receiving;

/// <summary>
/// Whose directory this is: node id and directory id, in the file <c>node.json</c>, made once and synced
/// before anything else is written. The directory's lock keeps a second process away from it.
/// </summary>
/// <param name="Id">The node's name.</param>
/// <param name="Directory">Random id of the directory: a wiped node of the same name is another
/// member.</param>
public sealed record CloudIdentity(NodeId Id, Guid Directory)
{
    /// <summary>Name of the file, at the top of the data directory.</summary>
    public const string FileName = "node.json";

    private const int VersionCurrent = 1;
    private const int BytesLengthMax = 4_096;

    /// <summary>
    /// Reads the identity of the directory, or gives a new directory the id <paramref name="asked"/> (if
    /// null:
    /// <paramref name="fallback"/>). Throws <see cref="ErrorKind.Conflict"/> if the directory belongs to
    /// another id,
    /// <see cref="ErrorKind.Corrupt"/> if the file cannot be read or is missing although the directory has
    /// segments.
    /// </summary>
    public static CloudIdentity LoadOrCreate(IDisk disk, NodeId? asked, NodeId fallback, Func<Guid> newId)
    {
        if (disk.Exists(FileName))
        {
            CloudIdentity found = Load(disk);
            if (asked is null || asked == found.Id) return found;
            throw new TsDbException(
                ErrorKind.Conflict,
                $"the data directory {disk.FullPath("")} belongs to node '{found.Id}', not to '{asked}': "
                + "start with that id, or choose another directory");
        }

        if (disk.List(SegmentFolder.Root).Count > 0)
        {
            throw new TsDbException(
                ErrorKind.Corrupt,
                $"{disk.FullPath(FileName)} is missing and the directory has segments: restore the file");
        }

        // The catalog comes first: a directory that has an identity but no catalog has lost it.
        using (RecordLog catalog = RecordLog.Open(disk, ReplicaStore.CatalogFolder, newId, _ => { }))
            catalog.Rewrite([]);
        CloudIdentity created = new(asked ?? fallback, newId());
        created.Save(disk);
        return created;
    }

    private void Save(IDisk disk)
    {
        const string temporary = FileName + ".tmp";
        disk.Delete(temporary);
        using (IDiskFile file = disk.Create(temporary))
        {
            file.Append(Encode());
            file.Sync();
        }

        disk.Rename(temporary, FileName);
        disk.SyncDirectory("");
    }

    private byte[] Encode()
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            json.WriteNumber("version", VersionCurrent);
            json.WriteString("node", Id.Value);
            json.WriteString("directory", Directory.ToString("N"));
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private static CloudIdentity Load(IDisk disk)
    {
        byte[] bytes = new byte[BytesLengthMax];
        using IDiskFile file = disk.Open(FileName);
        int length = file.ReadAt(0, bytes);
        try
        {
            using JsonDocument json = JsonDocument.Parse(bytes.AsMemory(0, length));
            JsonElement root = json.RootElement;
            if (root.GetProperty("version").GetInt32() is var version && version != VersionCurrent)
            {
                throw new TsDbException(
                    ErrorKind.Invalid,
                    $"{disk.FullPath(FileName)} has version {version}, this program knows {VersionCurrent}: "
                    + "use a newer one");
            }

            if (!root.TryGetProperty("node", out JsonElement node))
            {
                throw new TsDbException(
                    ErrorKind.Conflict,
                    $"the data directory {disk.FullPath("")} is not a cloud node's: choose another");
            }

            Guid directory = Guid.ParseExact(root.GetProperty("directory").GetString() ?? "", "N");
            return new CloudIdentity(new NodeId(node.GetString() ?? ""), directory);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException
            or InvalidOperationException)
        {
            throw new TsDbException(
                ErrorKind.Corrupt,
                $"{disk.FullPath(FileName)} cannot be read ({e.Message}): restore the file",
                e);
        }
    }
}
