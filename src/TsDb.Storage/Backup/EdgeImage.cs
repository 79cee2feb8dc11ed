using System.Collections.Immutable;
using TsDb.Storage.Catalog;
using TsDb.Storage.Databases;
using TsDb.Storage.Erasure;
using TsDb.Storage.Identity;
using TsDb.Storage.Ports;
using TsDb.Storage.Records;
using TsDb.Storage.Shipping;

namespace TsDb.Storage.Backup;

/// <summary>An edge's data directory as a backup takes it.</summary>
public static class EdgeImage
{
    private static readonly string[] SmallFiles =
        [NodeFile.Name, DatabaseBook.FileName, TombstoneBook.FileName, ClusterPin.Name, PauseMark.Name];

    /// <summary>
    /// Takes hold of what lies in segments now. There is no log in it: whoever wants all that is acknowledged
    /// seals it first (<see cref="EdgeStore.FlushAsync"/>).
    /// </summary>
    /// <param name="store">The edge's store.</param>
    /// <param name="disk">Its data directory.</param>
    /// <param name="newId">Makes the id of the catalog's file.</param>
    public static BackupImage Take(EdgeStore store, IDisk disk, Func<Guid> newId)
    {
        StoreLease lease = store.Acquire();
        try
        {
            CatalogState catalog = lease.Version.Catalog;
            Dictionary<string, string> hashes = catalog.Ledger.Values
                .Where(leaf => leaf is { Presence: LeafPresence.Present, SegmentName: not null })
                .ToDictionary(leaf => leaf.SegmentName!, leaf => leaf.Leaf.Hash.ToString());
            ImmutableHashSet<string> missing =
                [.. lease.Version.SetAside.Select(aside => aside.Segment.Name)];
            List<BackupItem> items =
            [
                .. catalog.Segments.Values.Where(segment => !missing.Contains(segment.Name)).Select(segment =>
                    new BackupItem(segment.Name, segment.BytesLength)
                    {
                        Sha256 = hashes.GetValueOrDefault(segment.Name),
                    }),
                BackupItem.Of(RecordLog.FirstPath(CatalogFile.Folder), RecordLog.Image(
                    newId(), CatalogFile.Snapshot(catalog).Select(
                        record => (ReadOnlyMemory<byte>)CatalogCodec.Encode(record)))),
            ];
            foreach (string name in SmallFiles)
                if (FileBytes.ReadAll(disk, name) is { } bytes) items.Add(BackupItem.Of(name, bytes));
            return new BackupImage(BackupKind.Edge, store.Id.Value, disk, lease)
            {
                Items = items,
                Gaps =
                [
                    .. lease.Version.SetAside.Select(
                        aside => new BackupGap(aside.Segment.Name, $"at the edge {aside.Reason}")),
                ],
            };
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }
}
