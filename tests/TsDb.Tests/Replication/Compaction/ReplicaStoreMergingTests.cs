using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Receiving;
using TsDb.Simulation.Disk;
using TsDb.Storage.Ports;
using TsDb.Tests.Columnar;
using TsDb.Tests.Replication.Receiving;

namespace TsDb.Tests.Replication.Compaction;

public sealed class ReplicaStoreMergingTests
{
    private const int LeavesCount = 9;
    private static readonly VerifiedLeaf[] Leaves =
        [.. Enumerable.Range(1, LeavesCount).Select(i => Shipments.Make(i, rows: 5))];

    private readonly FaultyDisk _disk = new(1);
    private int _ids;

    [Fact]
    public void A_merged_file_stands_for_its_leaves_and_has_all_their_rows_also_after_a_restart()
    {
        LeafDigest digest;
        using (ReplicaStore store = Open(_disk))
        {
            store.Store(Leaves);
            digest = store.Current.Cells.Single().Digest;
            Assert.Equal(1, Merging.RunAll(store));
            RequireMerged(store, digest);
        }

        _disk.Restart();
        using ReplicaStore again = Open(_disk);
        RequireMerged(again, digest);
        Assert.Equal(2, _disk.List(SegmentFolder.Root).Count);
        Assert.Equal(
            Enumerable.Repeat(ReceiveOutcome.AlreadyPresent, LeavesCount), again.Store(Leaves));
        Assert.Equal([ReceiveOutcome.Fork], again.Store([Shipments.Make(3, seed: 7)]));
    }

    [Fact]
    public void Whatever_call_the_power_goes_at_all_leaves_are_there_once_and_whole()
    {
        for (int at = 1; ; at++)
        {
            FaultyDisk disk = new(at);
            ReplicaStore store = Open(disk);
            store.Store(Leaves);
            disk.CrashAtCall = disk.Calls + at;
            bool isOver = false;
            try
            {
                Merging.RunAll(store);
                isOver = true;
            }
            catch (SimulatedCrashException)
            {
                // The process ends here.
            }

            disk.Restart();
            using ReplicaStore again = Open(disk);
            RequireAll(again, disk, $"crash at call {at}");
            Merging.RunAll(again);
            Assert.Equal(2, again.Current.FileCount);
            RequireAll(again, disk, $"merged after a crash at call {at}");
            if (isOver) return;
        }
    }

    [Fact]
    public void A_disk_that_fails_or_is_full_leaves_the_old_files_or_the_new_one()
    {
        foreach (DiskFault fault in new[] { DiskFault.Io, DiskFault.Full })
        {
            bool isOver = false;
            for (int at = 1; !isOver; at++)
            {
                FaultyDisk disk = new(at);
                using ReplicaStore store = Open(disk);
                store.Store(Leaves);
                int left = at;
                disk.Faults = _ => --left == 0 ? fault : DiskFault.None;
                try
                {
                    Merging.RunAll(store);
                }
                catch (IOException)
                {
                    // Told to try again later.
                }

                isOver = left > 0;
                disk.Faults = null;

                // What could not be read counts as lost, and is fetched again.
                store.Store(Leaves);
                RequireAll(store, disk, $"{fault} at call {at}");
                disk.Restart();
                using ReplicaStore again = Open(disk);
                again.Store(Leaves);
                RequireAll(again, disk, $"{fault} at call {at}, after a restart");
            }
        }
    }

    [Fact]
    public void Who_reads_the_old_files_keeps_them()
    {
        using ReplicaStore store = Open(_disk);
        store.Store(Leaves);
        ReplicaLease lease = store.Acquire();
        Merging.RunAll(store);
        Assert.Equal(LeavesCount, lease.Version.FileCount);
        Assert.All(lease.Version.Files, file => Assert.True(_disk.Exists(file.Path)));
        Assert.Equal(2, store.Current.FileCount);
        lease.Dispose();
        Assert.Equal(
            store.Current.Files.Select(file => file.Path).Order(StringComparer.Ordinal),
            _disk.List(SegmentFolder.Root).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void With_a_merged_file_all_its_leaves_are_lost_until_they_are_back()
    {
        using (ReplicaStore store = Open(_disk))
        {
            store.Store(Leaves);
            Merging.RunAll(store);
            StoredFile merged = store.Current.Files.Single(file => file.IsMerged);
            _disk.Damage(merged.Path, bytes => bytes[bytes.Length / 2] ^= 1);
            Assert.False(store.Scrub(merged));
            Assert.Equal(8, store.Lost.Count);
        }

        using (ReplicaStore again = Open(_disk))
        {
            Assert.Equal(8, again.Lost.Count);
            Assert.Equal(1, again.Current.LeafCount);
            again.Store([Leaves[0]]);
            Assert.Equal(7, again.Lost.Count);
            again.Store(Leaves);
        }

        using ReplicaStore last = Open(_disk);
        Assert.Empty(last.Lost);
        RequireAll(last, _disk, "stored again");
    }

    [Fact]
    public void A_damaged_file_is_not_merged_into_a_whole_one()
    {
        using ReplicaStore store = Open(_disk);
        store.Store(Leaves);
        _disk.Damage(StoredFile.PathOf(Leaves[2].Leaf), bytes => bytes[bytes.Length / 2] ^= 1);
        Assert.Equal(0, Merging.RunAll(store));
        Assert.Equal([Leaves[2].Leaf], store.Lost);
        store.Store(Leaves);
        Assert.Equal(1, Merging.RunAll(store));
        RequireAll(store, _disk, "merged");
    }

    [Fact]
    public void Another_owners_merged_file_takes_the_place_of_what_is_here()
    {
        VerifiedLeaf merged = MergedBy(new FaultyDisk(2), Leaves[..8]);
        using (ReplicaStore store = Open(_disk))
        {
            store.Store([Leaves[0], Leaves[1], Leaves[8]]);
            using ReplicaLease lease = store.Acquire();
            Assert.Equal([ReceiveOutcome.Stored], store.Store([merged], areHeld: true));
            Assert.Equal(2, store.Current.FileCount);
            Assert.True(_disk.Exists(StoredFile.PathOf(Leaves[0].Leaf)));
            Assert.Equal([ReceiveOutcome.AlreadyPresent], store.Store([merged], areHeld: true));
        }

        _disk.Restart();
        using ReplicaStore again = Open(_disk);
        RequireAll(again, _disk, "fetched");
        Assert.Equal(2, _disk.List(SegmentFolder.Root).Count);
    }

    [Fact]
    public void A_larger_merged_file_takes_the_place_of_smaller_ones_and_of_no_other_order_of_cuts()
    {
        VerifiedLeaf small = MergedBy(new FaultyDisk(2), Leaves[..3]);
        VerifiedLeaf large = MergedBy(new FaultyDisk(3), Leaves[..8]);
        VerifiedLeaf second = Shipments.Make(5, rows: 5, seed: 7);
        VerifiedLeaf other = MergedBy(new FaultyDisk(4), [.. Leaves[..4], second, .. Leaves[5..8]]);
        using ReplicaStore store = Open(_disk);
        store.Store([small, second], areHeld: true);
        Assert.Equal([ReceiveOutcome.Stored], store.Store([large], areHeld: true));
        Assert.Equal(9, store.Current.LeafCount);
        Assert.Equal(2, store.Current.FileCount);
        Assert.True(store.Current.Cells.Single().IsForked(Leaves[4].Leaf));
        Assert.Equal(0, Merging.RunAll(store));
        using ReplicaStore parted = Open(new FaultyDisk(5));
        parted.Store([large], areHeld: true);
        Assert.Equal([ReceiveOutcome.Fork], parted.Store([other with { Leaf = second.Leaf }], areHeld: true));
    }

    [Fact]
    public void Files_that_no_catalog_names_go_at_a_start_only_where_all_their_numbers_are_there()
    {
        VerifiedLeaf merged = MergedBy(new FaultyDisk(2), Leaves[..8]);
        using (ReplicaStore store = Open(_disk)) store.Store(Leaves[..7]);
        using (IDiskFile file = _disk.Create(merged.Path))
        {
            file.Append(merged.Content.Span);
            file.Sync();
        }

        _disk.SyncDirectory(SegmentFolder.Of(merged.Leaf.Cell));
        using (ReplicaStore store = Open(_disk))
        {
            Assert.True(_disk.Exists(merged.Path));
            store.Store([Leaves[7]]);
        }

        using ReplicaStore again = Open(_disk);
        Assert.False(_disk.Exists(merged.Path));
        RequireAll(again, _disk, "cleaned", Leaves[..8]);
    }

    [Fact]
    public void The_log_is_written_anew_with_merged_files_and_lost_leaves_and_says_the_same()
    {
        ReplicaStoreOptions options = new() { DiskReserveBytes = 1_000, CatalogRewriteBytesMin = 0 };
        Guid[] ids = [.. Enumerable.Range(1, 500).Select(i => new Guid(i, 9, 0, new byte[8]))];
        int next = 0;
        CloudIdentity.LoadOrCreate(_disk, null, Shipments.Node(1), NewId);
        using (ReplicaStore store = ReplicaStore.Open(_disk, () => ids[next++], options, NullLogger.Instance))
        {
            store.Store(Leaves);
            Merging.RunAll(store);
            StoredFile merged = store.Current.Files.Single(file => file.IsMerged);
            for (int i = 0; i < 30; i++)
            {
                store.Drop([store.Current.Find(Leaves[8].Leaf)!], ReplicaStore.RuleMoved);
                store.Store([Leaves[8]]);
            }

            store.Drop([merged], ReplicaStore.RuleMoved);
            Assert.Empty(store.Lost);
            store.Store([MergedBy(new FaultyDisk(2), Leaves[..8])], areHeld: true);
        }

        using ReplicaStore again = Open(_disk);
        Assert.Empty(again.Lost);
        RequireAll(again, _disk, "written anew");
        Assert.Equal(2, again.Current.FileCount);
    }

    private static void RequireMerged(ReplicaStore store, LeafDigest digest)
    {
        Assert.Equal((LeavesCount, 2), ((int)store.Current.LeafCount, (int)store.Current.FileCount));
        Assert.Equal(digest, store.Current.Cells.Single().Digest);
        StoredFile merged = store.Current.Files.Single(file => file.IsMerged);
        Assert.Equal(8 * 5, merged.Extent.Rows);
        (StoredFile read, ReadOnlyMemory<byte> bytes) = store.Read(Leaves[3].Leaf, 0, int.MaxValue);
        Assert.Same(merged, read);
        Assert.Equal(
            ManifestCodec.Encode(new SegmentVerifier().Verify(bytes)), ManifestCodec.Encode(merged.Manifest));
    }

    // Every leaf once, in files that are whole, and every point of theirs.
    private static void RequireAll(
        ReplicaStore store, FaultyDisk disk, string when, VerifiedLeaf[]? leaves = null)
    {
        leaves ??= Leaves;
        Assert.Equal(
            leaves.Select(leaf => leaf.Leaf).OrderBy(leaf => leaf.Ordinal),
            store.Current.Cells.SelectMany(cell => cell.Leaves).OrderBy(leaf => leaf.Ordinal));
        Assert.All(store.Current.Files, file => Assert.True(disk.Exists(file.Path), $"{when}: {file.Path}"));
        Assert.All(store.Current.Files.ToArray(), file => Assert.True(store.Scrub(file), when));
        Assert.Equal(
            ModelBatches.Text(leaves.SelectMany(leaf => Points(leaf.Content))
                .OrderBy(point => point.Key, StringComparer.Ordinal)),
            ModelBatches.Text(store.Current.Files.SelectMany(file => Points(disk.Read(file.Path)))
                .OrderBy(point => point.Key, StringComparer.Ordinal)));
    }

    private static IEnumerable<ModelPoint> Points(ReadOnlyMemory<byte> file)
    {
        using MemoryStream stream = new(file.ToArray());
        using SegmentReader reader = SegmentReader.Open(stream);
        return [.. ModelBatches.Read(reader.Read().Batch)];
    }

    private VerifiedLeaf MergedBy(FaultyDisk disk, VerifiedLeaf[] leaves)
    {
        using ReplicaStore store = Open(disk);
        store.Store(leaves);
        Assert.Equal(1, Merging.RunAll(store));
        StoredFile merged = Assert.Single(store.Current.Files);
        return new VerifiedLeaf(merged.LeafAt(0), merged.Manifest, disk.Read(merged.Path))
        {
            Run = merged.Run,
        };
    }

    private ReplicaStore Open(FaultyDisk disk)
    {
        CloudIdentity.LoadOrCreate(disk, null, Shipments.Node(1), NewId);
        return ReplicaStore.Open(
            disk, NewId, new ReplicaStoreOptions { DiskReserveBytes = 1_000 }, NullLogger.Instance);
    }

    private Guid NewId() => new(++_ids, 0, 0, new byte[8]);
}
