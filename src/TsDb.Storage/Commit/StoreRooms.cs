namespace TsDb.Storage.Commit;

/// <summary>The two bounds that every commit meets.</summary>
internal sealed record StoreRooms(MemoryRoom Memory, DiskRoom Disk);
