using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Model;
using TsDb.Replication.Backup;
using TsDb.Replication.Cluster;
using TsDb.Replication.Receiving;
using TsDb.Simulation.Disk;
using TsDb.Storage.Backup;
using TsDb.Tests.Replication.Receiving;

namespace TsDb.Tests.Replication.Backup;

/// <summary>A cloud node's backup, and with what right the restored directory takes part.</summary>
public sealed class ReplicaBackupTests
{
    private const int OwnNode = 1;

    private static readonly ShardId Whole = new(2);

    private readonly FaultyDisk _disk = new(1);
    private readonly FaultyDisk _folder = new(2);
    private int _ids = 100;

    [Fact]
    public async Task A_restored_directory_has_the_leaves_another_id_and_counts_for_nothing_yet()
    {
        VerifiedLeaf kept = Shipments.Make(1), later = Shipments.Make(2), lost = Shipments.Make(3);
        CloudIdentity before = await BackUpAsync([kept, lost], then: later, damaged: lost);
        FaultyDisk target = Restore();
        CloudIdentity after = Identity(target);
        Assert.Equal(before.Id, after.Id);
        Assert.NotEqual(before.Directory, after.Directory);
        using ReplicaStore store = Open(target);
        Assert.Equal(kept.Content.ToArray(), store.Read(kept.Leaf, 0, int.MaxValue).Bytes.ToArray());
        Assert.Null(store.Current.Find(later.Leaf));
        Assert.Equal([lost.Leaf], store.Lost);
        Assert.All(Shards(), shard => Assert.False(store.IsWhole(shard)));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(7, true)]
    [InlineData(8, false)]
    public async Task What_was_whole_counts_again_only_in_a_cluster_that_was_founded_with_it(
        long since, bool counts)
    {
        await BackUpAsync([Shipments.Make(1)]);
        FaultyDisk target = Restore();
        Identity(target);
        using (ReplicaStore store = Open(target)) store.SettleRestored(new Epoch(since));
        target.Restart();
        using ReplicaStore again = Open(target);
        Assert.Equal(counts ? [Whole] : [], Shards().Where(again.IsWhole));
        Assert.Null(RestoredNode.Read(target));

        // Said once and for all: a later word changes nothing.
        again.SettleRestored(default);
        Assert.Equal(counts ? [Whole] : [], Shards().Where(again.IsWhole));
    }

    [Fact]
    public async Task A_shard_that_was_not_its_own_any_more_is_claimed_by_nobody()
    {
        ClusterConfiguration others = Configuration() with { Members = [Shipments.Member(2)] };
        await BackUpAsync([Shipments.Make(1)], configuration: others);
        FaultyDisk target = Restore();
        Assert.Empty(RestoredNode.Read(target)!.Whole);
    }

    [Fact]
    public void Restored_directories_take_the_places_of_those_that_were_backed_up_and_nobody_elses()
    {
        ClusterConfiguration then = Shipments.Founded(3, replication: 2) with
        {
            Epoch = new Epoch(7),
            Revision = 4,
            Members =
            [
                Shipments.Member(1) with { Zone = "z", Weight = 2, Seat = "C9", Since = new Epoch(3) },
                Shipments.Member(2), Shipments.Member(3),
            ],
        };

        // The second was replaced after its backup; of the third there is none.
        SeedAnswer[] seeds = [Seed(1, was: 1), Seed(2, was: 22)];
        ClusterConfiguration now = RestoredCluster.Of(then, seeds);
        Assert.Equal(
            [
                then.Members[0] with { DirectoryId = Directory(101), ClusterAddress = "new:1" },
                then.Members[1], then.Members[2],
            ],
            now.Members);
        Assert.Equal([Directory(1)], now.Removed);
        Assert.Equal(then.Id, now.Id);
        Assert.True(now.Epoch.Value >= then.Epoch.Value + RestoredCluster.Step);
        Assert.True(now.Revision > then.Revision && now.Erasures.Number > then.Erasures.Number);
        foreach (ShardId shard in Shards())
            Assert.Equal(Placement.Owners(then, shard), Placement.Owners(now, shard));
    }

    private static SeedAnswer Seed(int node, int was) => new(
        Shipments.Member(node) with { DirectoryId = Directory(100 + node), ClusterAddress = $"new:{node}" },
        null, null, "s")
    {
        Restored = new RestoredSeed(Directory(was), Shipments.Cluster, new Epoch(7), 5),
    };

    private static Guid Directory(int number) => new(number, 0, 0, new byte[8]);

    private static IEnumerable<ShardId> Shards() => Enumerable.Range(0, 4).Select(n => new ShardId(n));

    private static ClusterConfiguration Configuration() =>
        Shipments.Founded(nodes: 1, replication: 1) with { Epoch = new Epoch(7) };

    private async Task<CloudIdentity> BackUpAsync(
        VerifiedLeaf[] leaves, VerifiedLeaf? then = null, VerifiedLeaf? damaged = null,
        ClusterConfiguration? configuration = null)
    {
        CloudIdentity identity = Identity(_disk);
        using ReplicaStore store = Open(_disk);
        store.Store(leaves);
        store.MarkWhole(new Epoch(6), [Whole]);
        if (damaged is not null)
        {
            _disk.Delete(StoredFile.PathOf(damaged.Leaf));
            Assert.False(store.Scrub(store.Current.Find(damaged.Leaf)!));
        }

        using MemoryStream stream = new();
        using (BackupImage image = ReplicaImage.Take(
            store, _disk, identity, () => (configuration ?? Configuration(), 9), NewId))
        {
            if (then is not null) store.Store([then]);
            store.Drop([store.Current.Find(leaves[0].Leaf)!], ReplicaStore.RuleRetention);
            BackupManifest manifest = await BackupTransfer.SendAsync(
                image, ImmutableDictionary<string, BackupFile>.Empty, stream, TimeProvider.System,
                TestContext.Current.CancellationToken);
            Assert.Empty(manifest.Gaps);
        }

        stream.Position = 0;
        await BackupTransfer.ReceiveAsync(
            stream, BackupFolder.Open(_folder), TestContext.Current.CancellationToken);
        return identity;
    }

    private FaultyDisk Restore()
    {
        FaultyDisk target = new(3);
        Restoration.Run(_folder, target, NewId);
        Assert.NotNull(RestoredNode.Read(target));
        return target;
    }

    private CloudIdentity Identity(FaultyDisk disk) =>
        CloudIdentity.LoadOrCreate(disk, null, Shipments.Node(OwnNode), NewId);

    private ReplicaStore Open(FaultyDisk disk) => ReplicaStore.Open(
        disk, NewId, new ReplicaStoreOptions { DiskReserveBytes = 1_000 }, NullLogger.Instance);

    private Guid NewId() => new(++_ids, 0, 0, new byte[8]);
}
