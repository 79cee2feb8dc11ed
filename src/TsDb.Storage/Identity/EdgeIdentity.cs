using System.Text.Json;
using TsDb.Model;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Identity;

/// <summary>
/// Whose directory this is: edge id and incarnation, in the file <c>node.json</c>, made once and synced
/// before anything else is written. The adapter's lock keeps a second process away from it.
/// </summary>
internal sealed record EdgeIdentity(EdgeId Id, Incarnation Incarnation)
{
    public const string FileName = "node.json";
    private const int VersionCurrent = 1;
    private const int BytesLengthMax = 4_096;

    /// <summary>Reads the identity of the directory, or gives a new directory one.</summary>
    public static EdgeIdentity LoadOrCreate(IDisk disk, EdgeStoreOptions options, Func<Guid> newId)
    {
        if (!disk.Exists(FileName))
        {
            if (disk.List(SegmentFolder.Root).Count > 0)
            {
                throw new TsDbException(
                    ErrorKind.Corrupt,
                    $"{disk.FullPath(FileName)} is missing although there are segments: restore the file");
            }

            EdgeIdentity created = new(options.Id ?? options.IdDefault, new Incarnation(newId()));
            created.Save(disk);
            return created;
        }

        // The name may be seen and yet not be on the disk: whoever made it may have died before its sync.
        disk.SyncDirectory("");
        EdgeIdentity found = Load(disk);
        if (options.Id is { } wanted && wanted != found.Id)
        {
            throw new TsDbException(
                ErrorKind.Conflict,
                $"the data directory {disk.FullPath("")} belongs to edge '{found.Id}', not to '{wanted}': "
                + "start with that id, or choose another directory");
        }

        return found;
    }

    /// <summary>Replaces the file; after the call it survives a loss of power.</summary>
    public void Save(IDisk disk)
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
            json.WriteString("edge", Id.Value);
            json.WriteString("incarnation", Incarnation.ToString());
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private static EdgeIdentity Load(IDisk disk)
    {
        byte[] bytes = new byte[BytesLengthMax];
        using IDiskFile file = disk.Open(FileName);
        int length = file.ReadAt(0, bytes);
        try
        {
            using JsonDocument json = JsonDocument.Parse(bytes.AsMemory(0, length));
            int version = json.RootElement.GetProperty("version").GetInt32();
            if (version != VersionCurrent)
            {
                throw new TsDbException(
                    ErrorKind.Invalid,
                    $"{disk.FullPath(FileName)} has version {version}, this program knows {VersionCurrent}: "
                    + "use a newer one");
            }

            return new EdgeIdentity(
                new EdgeId(json.RootElement.GetProperty("edge").GetString() ?? ""),
                new Incarnation(
                    Guid.ParseExact(json.RootElement.GetProperty("incarnation").GetString() ?? "", "N")));
        }
        catch (Exception e) when (
            e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            throw new TsDbException(
                ErrorKind.Corrupt,
                $"{disk.FullPath(FileName)} cannot be read ({e.Message}): restore the file",
                e);
        }
    }
}
