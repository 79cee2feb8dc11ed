using TsDb.Adapters.Hosting;
using TsDb.Model;
using TsDb.Storage.Ports;

namespace TsDb.Adapters.Raft;

/// <summary>Who a cloud node's data directory says it is.</summary>
public static class NodeDirectory
{
    private const string Path = "node.json";
    private const int Version = 1;

    /// <summary>
    /// The identity kept in the directory, made at first use. <paramref name="id"/> may be null when the directory
    /// knows it. Throws <see cref="ErrorKind.Conflict"/> for another id than the directory's.
    /// </summary>
    public static NodeIdentity Open(IDisk disk, string? id, Func<Guid> newId)
    {
        if (DurableFile.ReadJson<Record>(disk, Path) is { } known)
        {
            if (known.Version != Version)
            {
                throw new TsDbException(
                    ErrorKind.Corrupt,
                    $"{disk.FullPath(Path)} has version {known.Version}; this node speaks version {Version}");
            }

            return id is null || new NodeId(id) == known.Id
                ? new NodeIdentity(known.Id, known.DirectoryId)
                : throw new TsDbException(
                    ErrorKind.Conflict,
                    $"data directory {disk.FullPath("")} belongs to node {known.Id}: start it with --id {known.Id}, "
                    + $"or give node {id} a directory of its own");
        }

        NodeIdentity made = new(new NodeId(id ?? Environment.MachineName), newId());
        DurableFile.WriteJson(disk, Path, new Record(Version, made.Id, made.DirectoryId));
        return made;
    }

    private sealed record Record(int Version, NodeId Id, Guid DirectoryId);
}
