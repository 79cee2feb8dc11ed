using System.Text.Json;
using TsDb.Model;
using TsDb.Storage.Identity;
using TsDb.Storage.Ports;
using TsDb.Storage.Records;

namespace TsDb.Replication.Receiving;

/// <summary>
/// Whose directory this is: node id and directory id, in the <see cref="NodeFile"/>, made once and synced
/// before anything else is written.
/// </summary>
/// <param name="Id">The node's name.</param>
/// <param name="Directory">Random id of the directory: a wiped node of the same name is another
/// member.</param>
public sealed record CloudIdentity(NodeId Id, Guid Directory)
{
    /// <summary>
    /// Reads the identity of the directory, or gives a new directory the id <paramref name="asked"/> (if
    /// null: <paramref name="fallback"/>). Throws <see cref="ErrorKind.Conflict"/> if the directory belongs
    /// to another id, <see cref="ErrorKind.Corrupt"/> if the file cannot be read or is missing although the
    /// directory has segments.
    /// </summary>
    public static CloudIdentity LoadOrCreate(IDisk disk, NodeId? asked, NodeId fallback, Func<Guid> newId)
    {
        if (disk.Exists(NodeFile.Name))
        {
            CloudIdentity found = NodeFile.Load(disk, root => Read(disk, root));
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
                $"{disk.FullPath(NodeFile.Name)} is missing and the directory has segments: "
                + "restore the file");
        }

        // The catalog comes first: a directory that has an identity but no catalog has lost it.
        using (RecordLog catalog = RecordLog.Open(disk, ReplicaStore.CatalogFolder, newId, _ => { }))
            catalog.Rewrite([]);
        CloudIdentity created = new(asked ?? fallback, newId());
        NodeFile.Save(
            disk, ("node", created.Id.Value),
            (NodeFile.DirectoryName, created.Directory.ToString("N")));
        return created;
    }

    private static CloudIdentity Read(IDisk disk, JsonElement root)
    {
        if (!root.TryGetProperty("node", out JsonElement node))
        {
            throw new TsDbException(
                ErrorKind.Conflict,
                $"the data directory {disk.FullPath("")} is not a cloud node's: choose another");
        }

        return new CloudIdentity(
            new NodeId(node.GetString() ?? ""),
            Guid.ParseExact(root.GetProperty(NodeFile.DirectoryName).GetString() ?? "", "N"));
    }
}
