using System.Text.Json;
using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Identity;

/// <summary>
/// Whose directory this is: edge id and incarnation, in the <see cref="NodeFile"/>, made once and synced
/// before anything else is written but an empty catalog.
/// </summary>
internal sealed record EdgeIdentity(EdgeId Id, Incarnation Incarnation)
{
    /// <summary>The member of the file that says the incarnation.</summary>
    public const string IncarnationName = "incarnation";

    /// <summary>Reads the identity of the directory, or gives a new directory one.</summary>
    public static EdgeIdentity LoadOrCreate(IDisk disk, EdgeStoreOptions options, Func<Guid> newId)
    {
        if (!disk.Exists(NodeFile.Name))
        {
            if (disk.List(SegmentFolder.Root).Count > 0)
            {
                throw new TsDbException(
                    ErrorKind.Corrupt,
                    $"{disk.FullPath(NodeFile.Name)} is missing and the directory has segments: "
                    + "restore the file");
            }

            CatalogFile.Found(disk, newId);
            EdgeIdentity created = new(options.Id ?? options.IdDefault, new Incarnation(newId()));
            created.Save(disk);
            return created;
        }

        EdgeIdentity found = NodeFile.Load(disk, Read);
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
    public void Save(IDisk disk) =>
        NodeFile.Save(disk, ("edge", Id.Value), (IncarnationName, Incarnation.ToString()));

    private static EdgeIdentity Read(JsonElement root) => new(
        new EdgeId(root.GetProperty("edge").GetString() ?? ""),
        new Incarnation(Guid.ParseExact(root.GetProperty(IncarnationName).GetString() ?? "", "N")));
}
