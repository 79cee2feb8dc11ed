using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Receiving;
using TsDb.Simulation.Disk;

namespace TsDb.Tests.Replication.Receiving;

public sealed class ReplicaStoreTests
{
    private const long ReserveBytes = 1_000;

    private readonly FaultyDisk _disk = new(1);
    private int _ids;

    [Fact]
    public void A_stored_leaf_is_there_after_a_restart_with_all_its_facts()
    {
        VerifiedLeaf leaf = Shipments.Make(1);
        using (ReplicaStore store = Open()) Assert.Equal([ReceiveOutcome.Stored], store.Store([leaf]));
        _disk.Restart();
        using ReplicaStore again = Open();
        StoredFile found = Assert.IsType<StoredFile>(again.Current.Find(leaf.Leaf));
        Assert.Equal(ManifestCodec.Encode(leaf.Manifest), ManifestCodec.Encode(found.Manifest));
        Assert.Equal(leaf.Content.Length, found.Extent.BytesLength);
        Assert.Equal(leaf.Content.ToArray(), again.Read(leaf.Leaf, 0, int.MaxValue).Bytes.ToArray());
        Assert.Equal((1, (long)leaf.Content.Length), (again.Current.LeafCount, again.Current.BytesLength));
        Assert.True(again.IsCatalogIntact);
    }

    [Fact]
    public void The_same_leaf_again_changes_nothing_and_other_bytes_for_its_number_are_a_fork()
    {
        VerifiedLeaf leaf = Shipments.Make(1);
        VerifiedLeaf fork = Shipments.Make(1, seed: 7);
        using ReplicaStore store = Open();
        Assert.Equal(
            [ReceiveOutcome.Stored, ReceiveOutcome.AlreadyPresent, ReceiveOutcome.Fork],
            store.Store([leaf, leaf, fork]));
        Assert.Equal([ReceiveOutcome.AlreadyPresent, ReceiveOutcome.Fork], store.Store([leaf, fork]));
        Assert.Equal(1, store.Current.LeafCount);
        Assert.Null(store.Current.Find(fork.Leaf));
    }

    [Fact]
    public void A_fork_that_another_owner_has_on_disk_is_kept_beside_the_first_cut_so_that_owners_agree()
    {
        VerifiedLeaf leaf = Shipments.Make(1);
        VerifiedLeaf fork = Shipments.Make(1, seed: 7);
        using (ReplicaStore store = Open())
        {
            store.Store([leaf]);
            Assert.False(store.Current.Find(leaf.Leaf.Cell)!.IsForked(leaf.Leaf));
            Assert.True(store.Current.Find(leaf.Leaf.Cell)!.IsForked(fork.Leaf));
            Assert.Equal(
                [ReceiveOutcome.Stored, ReceiveOutcome.AlreadyPresent],
                store.Store([fork, leaf], areHeld: true));
        }

        _disk.Restart();
        using ReplicaStore again = Open();
        Assert.Equal(2, again.Current.LeafCount);
        foreach (VerifiedLeaf one in new[] { leaf, fork })
        {
            Assert.Equal(one.Leaf.Hash, again.Current.Find(one.Leaf)?.Hash);
            Assert.True(again.Current.Find(one.Leaf.Cell)!.IsForked(one.Leaf));
            Assert.Equal(one.Content.ToArray(), again.Read(one.Leaf, 0, int.MaxValue).Bytes.ToArray());
        }
    }

    [Fact]
    public void Whatever_call_the_power_goes_at_what_was_stored_is_whole_and_the_rest_can_be_stored_again()
    {
        VerifiedLeaf[] leaves = [.. Enumerable.Range(1, 6).Select(i => Shipments.Make(i, rows: 5))];
        int calls = CallsOf(leaves);
        for (int at = 1; at <= calls; at++)
        {
            FaultyDisk disk = new(at);
            CloudIdentity.LoadOrCreate(disk, null, Shipments.Node(1), NewId);
            disk.CrashAtCall = disk.Calls + at;
            List<Leaf> acknowledged = [];
            try
            {
                using ReplicaStore store = Open(disk);
                foreach (VerifiedLeaf[] pair in leaves.Chunk(2))
                {
                    var outcomes = store.Store(pair);
                    acknowledged.AddRange(
                        pair.Where((_, i) => outcomes[i] == ReceiveOutcome.Stored).Select(leaf => leaf.Leaf));
                }
            }
            catch (SimulatedCrashException)
            {
                // The process ends here.
            }

            disk.Restart();
            using ReplicaStore again = Open(disk);
            Assert.True(again.IsCatalogIntact);
            foreach (Leaf leaf in acknowledged) Assert.NotNull(again.Current.Find(leaf));
            foreach (StoredFile leaf in again.Current.Files.ToArray())
                Assert.True(again.Scrub(leaf), $"crash at call {at}: {leaf.Path}");
            Assert.All(
                again.Store(leaves),
                outcome => Assert.True(outcome is ReceiveOutcome.Stored or ReceiveOutcome.AlreadyPresent));
            Assert.Equal(leaves.Length, again.Current.LeafCount);
        }
    }

    [Fact]
    public void A_disk_that_fails_or_is_full_is_an_outcome_and_later_it_goes_on()
    {
        VerifiedLeaf[] leaves = [.. Enumerable.Range(1, 4).Select(i => Shipments.Make(i, rows: 5))];
        int calls = CallsOf(leaves);
        foreach (DiskFault fault in new[] { DiskFault.Io, DiskFault.Full })
        {
            for (int at = 1; at <= calls; at++)
            {
                FaultyDisk disk = new(at);
                CloudIdentity.LoadOrCreate(disk, null, Shipments.Node(1), NewId);
                using ReplicaStore store = Open(disk);
                int left = at;
                disk.Faults = _ => --left == 0 ? fault : DiskFault.None;
                List<Leaf> acknowledged = [];
                foreach (VerifiedLeaf leaf in leaves)
                {
                    if (store.Store([leaf])[0] == ReceiveOutcome.Stored) acknowledged.Add(leaf.Leaf);
                }

                disk.Faults = null;
                Assert.InRange(acknowledged.Count, leaves.Length - 1, leaves.Length);
                Assert.DoesNotContain(
                    store.Store(leaves), outcome => outcome > ReceiveOutcome.AlreadyPresent);
                disk.Restart();
                using ReplicaStore again = Open(disk);
                Assert.Equal(leaves.Length, again.Current.LeafCount);
                Assert.All(
                    again.Current.Files.ToArray(),
                    leaf => Assert.True(again.Scrub(leaf)));
            }
        }
    }

    [Fact]
    public void Below_the_reserve_nothing_is_taken()
    {
        using ReplicaStore store = Open();
        _disk.CapacityBytes = 10_000;
        VerifiedLeaf[] leaves = [.. Enumerable.Range(1, 30).Select(i => Shipments.Make(i))];
        Assert.Null(store.Refusal);
        var outcomes = store.Store(leaves);
        Assert.Contains(ReceiveOutcome.Stored, outcomes);
        Assert.Equal(ReceiveOutcome.DiskFull, outcomes[^1]);

        // Said although the reserve itself is free, until there is room for what was refused.
        _disk.CapacityBytes = _disk.UsedBytes + ReserveBytes + 10;
        Assert.StartsWith("the disk is full", store.Refusal, StringComparison.Ordinal);
        _disk.CapacityBytes = long.MaxValue;
        Assert.Null(store.Refusal);
        Assert.DoesNotContain(ReceiveOutcome.DiskFull, store.Store(leaves));
        _disk.CapacityBytes = _disk.UsedBytes + ReserveBytes;
        Assert.Null(store.Refusal);
    }

    [Fact]
    public void A_file_that_is_gone_or_damaged_makes_its_leaf_lost_until_it_is_stored_again()
    {
        VerifiedLeaf gone = Shipments.Make(1);
        VerifiedLeaf damaged = Shipments.Make(2);
        using (ReplicaStore store = Open()) store.Store([gone, damaged]);
        _disk.Delete(StoredFile.PathOf(gone.Leaf));
        _disk.SyncDirectory(SegmentFolder.Of(gone.Leaf.Cell));
        _disk.Damage(StoredFile.PathOf(damaged.Leaf), bytes => bytes[bytes.Length / 2] ^= 1);
        using ReplicaStore again = Open();
        Assert.Null(again.Current.Find(gone.Leaf));
        Assert.False(again.Scrub(again.Current.Find(damaged.Leaf)!));
        Assert.Equal(0, again.Current.LeafCount);
        Assert.Equal([ReceiveOutcome.Stored, ReceiveOutcome.Stored], again.Store([gone, damaged]));
        Assert.Equal(damaged.Content.ToArray(), again.Read(damaged.Leaf, 0, int.MaxValue).Bytes.ToArray());
    }

    [Fact]
    public void A_file_that_is_gone_is_missed_even_where_a_full_disk_cannot_take_note_of_it()
    {
        VerifiedLeaf gone = Shipments.Make(1);
        VerifiedLeaf later = Shipments.Make(2);
        using (ReplicaStore store = Open()) store.Store([gone]);
        _disk.Delete(StoredFile.PathOf(gone.Leaf));
        _disk.SyncDirectory(SegmentFolder.Of(gone.Leaf.Cell));
        _disk.CapacityBytes = 0;
        using (ReplicaStore full = Open())
        {
            Assert.Equal([gone.Leaf], full.Lost);
            _disk.CapacityBytes = long.MaxValue;
            Assert.Equal([ReceiveOutcome.Stored], full.Store([later]));
            Assert.Equal([gone.Leaf], full.Lost);
        }

        using ReplicaStore again = Open();
        Assert.Equal([gone.Leaf], again.Lost);
        Assert.NotNull(again.Current.Find(later.Leaf));
    }

    [Fact]
    public void A_damaged_catalog_is_set_aside_and_the_node_knows_that_it_is_not_intact()
    {
        using (ReplicaStore store = Open()) store.Store([Shipments.Make(1)]);
        using (ReplicaStore store = Open()) store.Store([Shipments.Make(2)]);
        string catalog = Assert.Single(_disk.List(ReplicaStore.CatalogFolder));
        _disk.Damage(catalog, bytes => bytes[40] ^= 1);

        // Nor does it forget that at the next start, when the new catalog is whole.
        Open().Dispose();
        _disk.Restart();
        using ReplicaStore again = Open();
        Assert.False(again.IsCatalogIntact);
        Assert.Equal(0, again.Current.LeafCount);
        Assert.Equal([ReceiveOutcome.Stored], again.Store([Shipments.Make(1)]));
        Assert.Contains(
            _disk.List(ReplicaStore.CatalogFolder),
            path => path.EndsWith(".damaged", StringComparison.Ordinal));
    }

    [Fact]
    public void A_catalog_that_vanished_is_noticed()
    {
        Open().Dispose();
        foreach (string path in _disk.List(ReplicaStore.CatalogFolder)) _disk.Delete(path);
        Open().Dispose();
        _disk.Restart();
        using ReplicaStore again = Open();
        Assert.False(again.IsCatalogIntact);
    }

    [Fact]
    public void A_dropped_file_stays_as_long_as_somebody_reads_it()
    {
        VerifiedLeaf leaf = Shipments.Make(1);
        string path = StoredFile.PathOf(leaf.Leaf);
        using ReplicaStore store = Open();
        store.Store([leaf]);
        ReplicaLease lease = store.Acquire();
        store.Drop([store.Current.Find(leaf.Leaf)!], "retention");
        Assert.Equal(0, store.Current.LeafCount);
        Assert.Equal(1, lease.Version.LeafCount);
        Assert.True(_disk.Exists(path));
        lease.Dispose();
        Assert.False(_disk.Exists(path));

        store.Store([leaf]);
        ReplicaLease before = store.Acquire();
        store.Drop([store.Current.Find(leaf.Leaf)!], "retention");
        store.Store([leaf]);
        before.Dispose();
        Assert.True(_disk.Exists(path));
    }

    [Fact]
    public void A_snapshot_names_the_segments_of_the_range_and_ranks_them_by_registry_and_ordinal()
    {
        ClusterConfiguration cluster = Shipments.Founded(1, 1);
        EdgeRegistration registered = new(Shipments.Edge, [Shipments.Second, Shipments.First]);
        cluster = cluster with { Edges = cluster.Edges.Add(Shipments.Edge, registered) };
        VerifiedLeaf[] leaves =
        [
            Shipments.Make(1), Shipments.Make(2), Shipments.Make(9, incarnation: Shipments.Second),
            Shipments.Make(1, cell: Shipments.Cell(17_001)),
        ];
        using ReplicaStore store = Open();
        store.Store(leaves);
        using ReplicaLease lease = store.Acquire();
        TableSnapshot all = lease.Snapshot(leaves[0].Leaf.Cell.Table, cluster, _ => true, TimeRange.All);
        Assert.Equal(4, all.Segments.Count);
        TableSnapshot day = lease.Snapshot(
            leaves[0].Leaf.Cell.Table, cluster, _ => true, new Day(17_000).Range);
        Assert.Equal(
            [9L, 1L, 2L], day.Segments.OrderBy(s => s.Rank).Select(s => s.Manifest.Ordinals.First.Value));
        Assert.All(
            day.Segments, s => Assert.StartsWith("/faulty/segments/db/weather/edge=E1/2016-07-18/", s.Path));
        ClusterConfiguration behind = Shipments.Founded(1, 1);
        TsDbException error = Assert.Throws<TsDbException>(
            () => lease.Snapshot(leaves[0].Leaf.Cell.Table, behind, _ => true, TimeRange.All));
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
    }

    [Fact]
    public void The_catalog_is_written_anew_when_most_of_it_is_past_and_says_the_same()
    {
        ReplicaStoreOptions options =
            new() { DiskReserveBytes = ReserveBytes, CatalogRewriteBytesMin = 2_000 };
        VerifiedLeaf leaf = Shipments.Make(1);
        LeafDigest digest;
        CloudIdentity.LoadOrCreate(_disk, null, Shipments.Node(1), NewId);
        using (ReplicaStore store = ReplicaStore.Open(_disk, NewId, options, NullLogger.Instance))
        {
            store.MarkWhole(new Epoch(1), [new ShardId(3)]);
            for (int i = 0; i < 60; i++)
            {
                store.Store([leaf]);
                store.Drop([store.Current.Find(leaf.Leaf)!], "a rule");
            }

            store.Store([leaf, Shipments.Make(2)]);
            digest = store.Current.Cells.Single().Digest;
        }

        string catalog = Assert.Single(_disk.List(ReplicaStore.CatalogFolder));
        Assert.NotEqual("00000001.records", catalog.Split('/')[^1]);
        _disk.Restart();
        using ReplicaStore again = Open();
        Assert.Equal(digest, again.Current.Cells.Single().Digest);
        Assert.True(again.IsWhole(new ShardId(3)));
        Assert.False(again.IsWhole(new ShardId(2)));
    }

    [Fact]
    public void A_directory_keeps_its_node()
    {
        CloudIdentity made = CloudIdentity.LoadOrCreate(_disk, null, Shipments.Node(1), NewId);
        _disk.Restart();
        Assert.Equal(made, CloudIdentity.LoadOrCreate(_disk, null, Shipments.Node(2), NewId));
        Assert.Equal(made, CloudIdentity.LoadOrCreate(_disk, made.Id, Shipments.Node(2), NewId));
        TsDbException error = Assert.Throws<TsDbException>(
            () => CloudIdentity.LoadOrCreate(_disk, Shipments.Node(2), Shipments.Node(2), NewId));
        Assert.Equal(ErrorKind.Conflict, error.Kind);
    }

    [Fact]
    public void Columns_of_all_leaves_are_known_whatever_they_are_pruned_to()
    {
        using ReplicaStore store = Open();
        store.Store([Shipments.Make(1), Shipments.Make(2)]);
        Assert.Equal(
            ["f Field Float64", "host Tag String", "i Field Int64"],
            store.Current.Tables.Single().Value.Columns.Select(c => $"{c.Name} {c.Role} {c.Type}"));
    }

    private int CallsOf(VerifiedLeaf[] leaves)
    {
        FaultyDisk disk = new(0);
        CloudIdentity.LoadOrCreate(disk, null, Shipments.Node(1), NewId);
        int before = disk.Calls;
        using ReplicaStore store = Open(disk);
        foreach (VerifiedLeaf leaf in leaves) store.Store([leaf]);
        return disk.Calls - before;
    }

    private ReplicaStore Open()
    {
        CloudIdentity.LoadOrCreate(_disk, null, Shipments.Node(1), NewId);
        return Open(_disk);
    }

    private ReplicaStore Open(FaultyDisk disk) => ReplicaStore.Open(
        disk, NewId, new ReplicaStoreOptions { DiskReserveBytes = ReserveBytes }, NullLogger.Instance);

    private Guid NewId() => new(++_ids, 0, 0, new byte[8]);
}
