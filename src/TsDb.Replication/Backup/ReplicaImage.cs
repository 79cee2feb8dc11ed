using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Receiving;
using TsDb.Storage.Backup;
using TsDb.Storage.Identity;
using TsDb.Storage.Ports;
using TsDb.Storage.Records;

namespace TsDb.Replication.Backup;

/// <summary>A cloud node's data directory as a backup takes it.</summary>
public static class ReplicaImage
{
    /// <summary>
    /// Takes hold of the leaves that are on disk now. Neither Raft's log nor its votes are in it: whoever had
    /// them twice could elect two leaders. In their place stands the configuration
    /// (<see cref="RestoredNode"/>). Throws <see cref="ErrorKind.Unavailable"/> before the node is in a
    /// cluster.
    /// </summary>
    /// <param name="store">The node's leaves.</param>
    /// <param name="disk">Its data directory.</param>
    /// <param name="identity">Whose it is.</param>
    /// <param name="applied">The configuration, and the place in the cluster's log that it is of.</param>
    /// <param name="newId">Makes the id of the catalog's file.</param>
    public static BackupImage Take(
        ReplicaStore store, IDisk disk, CloudIdentity identity,
        Func<(ClusterConfiguration? Configuration, long LogIndex)> applied, Func<Guid> newId)
    {
        while (true)
        {
            (ClusterConfiguration? cluster, long index) = applied();
            if (cluster is null)
                throw new TsDbException(ErrorKind.Unavailable, "this node is not in a cluster yet");
            ImmutableArray<ShardArrival> whole = WholeIn(store, cluster, identity.Id);
            (ReplicaLease lease, byte[] catalog) = store.Image(newId());
            try
            {
                // What is whole was whole by a configuration; under another one leaves may have gone since.
                if (applied().Configuration?.Epoch != cluster.Epoch)
                {
                    lease.Dispose();
                    continue;
                }

                RestoredNode node = new()
                {
                    DirectoryId = identity.Directory,
                    LogIndex = index,
                    Whole = whole,
                    Configuration = cluster,
                };
                return new BackupImage(BackupKind.Cloud, identity.Id.Value, disk, lease)
                {
                    Items =
                    [
                        .. lease.Version.Files.Select(file =>
                            new BackupItem(file.Path, file.Extent.BytesLength)
                            {
                                Sha256 = file.Hash.ToString(),
                            }),
                        BackupItem.Of(RecordLog.FirstPath(ReplicaStore.CatalogFolder), catalog),
                        BackupItem.Of(RestoredNode.FileName, node.Encode()),
                        BackupItem.Of(NodeFile.Name, FileBytes.ReadAll(disk, NodeFile.Name)!),
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

    private static ImmutableArray<ShardArrival> WholeIn(
        ReplicaStore store, ClusterConfiguration cluster, NodeId self) =>
    [
        .. Enumerable.Range(0, cluster.ShardCount).Select(number => new ShardId(number))
            .Where(shard => Placement.Of(cluster, shard).All.Contains(self)
                && store.CountsIn(cluster, shard, self))
            .Select(shard => new ShardArrival(shard, store.WholeSince(shard)!.Value)),
    ];
}
