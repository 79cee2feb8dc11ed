using Microsoft.Extensions.Logging;
using TsDb.Storage.Catalog;
using TsDb.Storage.Commit;
using TsDb.Storage.Databases;
using TsDb.Storage.Erasure;
using TsDb.Storage.Identity;
using TsDb.Storage.Ports;
using TsDb.Storage.Seal;
using TsDb.Storage.Versions;
using TsDb.Storage.Wal;

namespace TsDb.Storage;

/// <summary>
/// The parts of an open store, put together in the order in which they depend on what is on disk.
/// </summary>
internal sealed class StoreParts : IDisposable
{
    public required IDisk Disk { get; init; }

    public required EdgeIdentity Identity { get; init; }

    public required DatabaseBook Databases { get; init; }

    public required TombstoneBook Tombstones { get; init; }

    public required CatalogFile Catalog { get; init; }

    public required WriteAheadLog Log { get; init; }

    public required VersionBuilder Builder { get; init; }

    public required VersionSet Versions { get; init; }

    public required StoreRooms Rooms { get; init; }

    public required CommitWriter Writer { get; init; }

    public required CommitLane Lane { get; init; }

    public required SegmentSealer Sealer { get; init; }

    public static StoreParts Open(
        IDisk disk, EdgeStoreOptions options, StoreEnvironment env, ISegmentFormat format)
    {
        ILogger log = env.Loggers.CreateLogger<EdgeStore>();
        EdgeIdentity identity = EdgeIdentity.LoadOrCreate(disk, options, env.NewId);
        CatalogFile catalog = CatalogFile.Open(disk, env.NewId, log);
        VersionBuilder builder =
            new(disk, identity.Id, SegmentFiles.Missing(disk, catalog.State, log));
        VersionSet versions = new(disk, builder.First(catalog.State), log);
        WriteAheadLog wal = new(disk, env.NewId, options.LogFileBytes, log);
        StoreRooms rooms = new(
            new MemoryRoom(options, env.Clock), new DiskRoom(disk, options.DiskReserveBytes));
        CommitWriter writer = new(wal, versions, builder, rooms, options, env);
        SegmentFiles.RemoveOrphans(disk, catalog.State, log);
        return new StoreParts
        {
            Disk = disk,
            Identity = identity,
            Databases = DatabaseBook.Open(disk),
            Tombstones = TombstoneBook.Open(disk),
            Catalog = catalog,
            Log = wal,
            Builder = builder,
            Versions = versions,
            Rooms = rooms,
            Writer = writer,
            Lane = new CommitLane(writer, options, log),
            Sealer = new SegmentSealer(disk, format, env.NewId),
        };
    }

    public void Dispose()
    {
        Log.Dispose();
        Catalog.Dispose();
    }
}
