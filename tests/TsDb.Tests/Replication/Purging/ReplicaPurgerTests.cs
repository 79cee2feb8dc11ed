using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Codec.Shipment;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Purging;
using TsDb.Replication.Receiving;
using TsDb.Replication.Repair;
using TsDb.Simulation.Disk;
using TsDb.Tests.Columnar;
using TsDb.Tests.Replication.Compaction;
using TsDb.Tests.Replication.Receiving;

namespace TsDb.Tests.Replication.Purging;

/// <summary>
/// What final tombstones mask goes from a cloud node's disk, and nothing else does: not a leaf, not another
/// row, wherever the power goes.
/// </summary>
public sealed class ReplicaPurgerTests
{
    private const int LeavesCount = 9;
    private static readonly VerifiedLeaf[] Leaves =
        [.. Enumerable.Range(1, LeavesCount).Select(i => Shipments.Make(i, rows: 6))];

    // All of h1, and of h2 what is in the first leaves; a table that nobody has; one that may be lifted.
    private static readonly Erasures Final = Erasures.None
        .With(ModelBatches.Table, [new TagCondition("host", ["h1", "h7"])], TimeOf(10_000))
        .With(ModelBatches.Table, [new TagCondition("host", ["h2"])], TimeOf(3 * 6))
        .With(new TableId("other", "table"), [], long.MaxValue)
        .With(ModelBatches.Table, [new TagCondition("host", ["h0"])], TimeOf(9))
        .MakeFinal(1).MakeFinal(2).MakeFinal(3);

    private readonly FaultyDisk _disk = new(1);
    private int _ids;

    [Fact]
    public void Erased_rows_go_and_every_leaf_stays_also_after_a_restart()
    {
        LeafDigest digest;
        using (ReplicaStore store = Open(_disk))
        {
            store.Store(Leaves);
            digest = store.Current.Cells.Single().Digest;
            using (ReplicaLease lease = store.Acquire())
            {
                Assert.True(NewPurger(store).Run(Final, default));
                Assert.All(Leaves, leaf => Assert.True(_disk.Exists(StoredFile.PathOf(leaf.Leaf))));
                Assert.Equal(LeavesCount, ReplicaPurgePolicy.CountLeft(store, Final));
            }

            Require(store, _disk, Final, "purged");
            Assert.Equal(0, ReplicaPurgePolicy.CountLeft(store, Final));
        }

        _disk.Restart();
        using ReplicaStore again = Open(_disk);
        Assert.Equal(digest, again.Current.Cells.Single().Digest);
        Assert.Equal(LeavesCount, again.Current.FileCount);
        Require(again, _disk, Final, "restarted");
        Assert.Empty(ReplicaPurgePolicy.Left(again.Current, Final));
        Assert.Equal(
            Enumerable.Repeat(ReceiveOutcome.AlreadyPresent, LeavesCount), again.Store(Leaves));
        Assert.Equal([ReceiveOutcome.Fork], again.Store([Shipments.Make(3, seed: 7)]));
    }

    [Fact]
    public void Whatever_call_the_power_goes_at_no_other_row_is_gone()
    {
        for (int at = 1; ; at++)
        {
            FaultyDisk disk = new(at);
            ReplicaStore store = Open(disk);
            store.Store(Leaves[..3]);
            Merging.RunAll(store);
            store.Store(Leaves[3..5]);
            disk.CrashAtCall = disk.Calls + at;
            bool isOver = false;
            try
            {
                NewPurger(store).Run(Final, default);
                isOver = true;
            }
            catch (SimulatedCrashException)
            {
                // The process ends here.
            }

            disk.Restart();
            using ReplicaStore again = Open(disk);
            Require(again, disk, null, $"crash at call {at}", Leaves[..5]);
            Assert.True(NewPurger(again).Run(Final, default));
            Require(again, disk, Final, $"purged after a crash at call {at}", Leaves[..5]);
            if (isOver) return;
        }
    }

    [Fact]
    public void A_disk_that_fails_or_is_full_leaves_the_old_file_or_the_new_one()
    {
        foreach (DiskFault fault in new[] { DiskFault.Io, DiskFault.Full })
        {
            bool isOver = false;
            for (int at = 1; !isOver; at++)
            {
                FaultyDisk disk = new(at);
                using ReplicaStore store = Open(disk);
                store.Store(Leaves[..3]);
                int left = at;
                disk.Faults = _ => --left == 0 ? fault : DiskFault.None;
                try
                {
                    NewPurger(store).Run(Final, default);
                }
                catch (IOException)
                {
                    // Told to try again later.
                }

                isOver = left > 0;
                disk.Faults = null;

                // What could not be read counts as lost, and is fetched again.
                store.Store(Leaves[..3]);
                Require(store, disk, null, $"{fault} at call {at}", Leaves[..3]);
                NewPurger(store).Run(Final, default);
                disk.Restart();
                using ReplicaStore again = Open(disk);
                Require(again, disk, Final, $"{fault} at call {at}, after a restart", Leaves[..3]);
            }
        }
    }

    [Fact]
    public void A_file_whose_rows_are_all_erased_stands_for_its_leaves_without_rows()
    {
        Erasures all = Erasures.None.With(ModelBatches.Table, [], TimeOf(3 * 6)).MakeFinal(1);
        using ReplicaStore store = Open(_disk);
        store.Store(Leaves);
        Assert.True(NewPurger(store).Run(all, default));
        Require(store, _disk, all, "purged");
        Assert.Equal(2, store.Current.Files.Count(file => file.Extent.Rows == 0));
        Assert.Equal(1, Merging.RunAll(store, erasures: all));
        Require(store, _disk, all, "merged");

        Erasures more = all.With(ModelBatches.Table, [], long.MaxValue).MakeFinal(3);
        Assert.True(NewPurger(store).Run(more, default));
        Require(store, _disk, more, "purged again");
        Assert.Equal((9, 0), (store.Current.LeafCount, store.Current.Files.Sum(file => file.Extent.Rows)));
        ClusterConfiguration cluster = Cluster();
        using ReplicaLease lease = store.Acquire();
        Assert.Empty(
            lease.Snapshot(ModelBatches.Table, cluster, _ => true, TimeRange.All, more.Number).Segments);
    }

    [Fact]
    public void A_merge_leaves_out_what_is_final_and_keeps_what_is_not()
    {
        using ReplicaStore store = Open(_disk);
        store.Store(Leaves);
        Assert.Equal(1, Merging.RunAll(store, erasures: Final));
        Assert.Equal(1, ReplicaPurgePolicy.CountLeft(store, Final));
        NewPurger(store).Run(Final, default);
        Require(store, _disk, Final, "merged");
        Assert.Equal(2, store.Current.FileCount);
    }

    [Fact]
    public void A_file_that_has_none_is_looked_through_once()
    {
        Erasures first = Erasures.None
            .With(ModelBatches.Table, [new TagCondition("host", ["h8"])], long.MaxValue).MakeFinal(1);
        using (ReplicaStore store = Open(_disk))
        {
            store.Store(Leaves);
            Merging.RunAll(store);
            NewPurger(store).Run(first, default);
            Assert.Empty(ReplicaPurgePolicy.Left(store.Current, first));
            Require(store, _disk, first, "checked");
        }

        _disk.Restart();
        using ReplicaStore again = Open(_disk);
        Assert.Empty(ReplicaPurgePolicy.Left(again.Current, first));

        // An earlier tombstone that becomes final later has not been looked for.
        Erasures second = Erasures.None
            .With(ModelBatches.Table, [new TagCondition("host", ["h0"])], long.MaxValue)
            .With(ModelBatches.Table, [new TagCondition("host", ["h8"])], long.MaxValue)
            .MakeFinal(2).MakeFinal(1);
        NewPurger(again).Run(second, default);
        Require(again, _disk, second, "purged");
    }

    [Fact]
    public void Who_plans_without_the_tombstone_is_sent_back_once_rows_are_gone()
    {
        ClusterConfiguration cluster = Cluster();
        using ReplicaStore store = Open(_disk);
        store.Store(Leaves);
        NewPurger(store).Run(Final, default);
        using ReplicaLease lease = store.Acquire();
        TableSnapshot all =
            lease.Snapshot(ModelBatches.Table, cluster, _ => true, TimeRange.All, Final.Number);
        Assert.Equal(LeavesCount, all.Segments.Count);
        TsDbException refused = Assert.Throws<TsDbException>(
            () => lease.Snapshot(ModelBatches.Table, cluster, _ => true, TimeRange.All, 1));
        Assert.Equal(ErrorKind.Conflict, refused.Kind);
    }

    [Fact]
    public void Who_lacks_a_leaf_gets_it_without_erased_rows_and_beside_another_cut_of_its_number()
    {
        CloudWorld world = new(1, nodes: 2, replication: 2);
        world.Register(Shipments.First);
        foreach (VerifiedLeaf leaf in Leaves) world.Offer(leaf);
        world.Run(TimeSpan.FromSeconds(3));
        CloudWorld.Node purged = world.Nodes[0];
        CloudWorld.Node lacking = world.Nodes[1];
        NewPurger(purged.Store).Run(Final, default);
        lacking.Store.MarkLost(lacking.Store.Current.Find(Leaves[4].Leaf)!, "test");
        VerifiedLeaf second = Shipments.Make(5, rows: 6, seed: 7);
        lacking.Store.Store([second], areHeld: true);
        NewPurger(lacking.Store).Run(Final, default);
        RepairReport report = lacking.Repair(ShardId.Of(Leaves[0].Leaf.Cell, world.Cluster.ShardCount));
        Assert.Equal((1, 0), (report.Fetched, report.Missing));
        StoredFile fetched = lacking.Store.Current.Find(Leaves[4].Leaf)!;
        Assert.Equal(purged.Store.Current.Find(Leaves[4].Leaf)!.Hash, fetched.Hash);
        Assert.Equal(Final.Tombstones.Max(t => t.FinalBy), fetched.PurgedTo + 1);
        Assert.Empty(ReplicaPurgePolicy.Left(lacking.Store.Current, Final));
        Assert.True(lacking.Store.Current.Cells.Single().IsForked(second.Leaf));
    }

    [Fact]
    public void What_refers_to_a_purged_shipment_is_asked_for_plain()
    {
        using ReplicaStore store = Open(_disk);
        store.Store(Leaves[..1]);
        LeafKeeper keeper = new(store, new SegmentVerifier());
        NewPurger(store).Run(Final, default);
        TransferredLeaf rows = new(
            Leaves[1].Leaf, Leaves[1].Content.Length, TransferForm.Rows, null, new byte[] { 1 })
        {
            Reference = new Ordinal(1),
        };
        Assert.Equal(ReceiveOutcome.ReferenceMissing, keeper.Keep([rows])[0].Outcome);
        TransferredLeaf plain = rows with
        {
            Reference = null, Form = TransferForm.Plain, Bytes = Leaves[1].Content,
        };
        Assert.Equal(ReceiveOutcome.Stored, keeper.Keep([plain])[0].Outcome);
    }

    [Fact]
    public void A_damaged_file_is_set_aside_and_does_not_get_the_hash_of_a_whole_one()
    {
        using ReplicaStore store = Open(_disk);
        store.Store(Leaves);
        _disk.Damage(StoredFile.PathOf(Leaves[2].Leaf), bytes => bytes[bytes.Length / 2] ^= 1);
        Assert.False(NewPurger(store).Run(Final, default));
        Assert.Equal([Leaves[2].Leaf], store.Lost);
        store.Store(Leaves);
        Assert.True(NewPurger(store).Run(Final, default));
        Require(store, _disk, Final, "purged");
    }

    private static long TimeOf(int second) =>
        Shipments.Cell().Day.Range.StartNanoseconds + (second * 1_000_000_000L);

    private static ClusterConfiguration Cluster()
    {
        ClusterConfiguration cluster = Shipments.Founded(1, 1);
        EdgeRegistration known = new(Shipments.Edge, [Shipments.First]);
        return cluster with { Edges = cluster.Edges.Add(Shipments.Edge, known) };
    }

    private static ReplicaPurger NewPurger(ReplicaStore store) =>
        new(store, new SegmentVerifier(), NullLogger.Instance);

    // Every leaf once, in files that are whole: what is seen is there, and, once purged, nothing else.
    private static void Require(
        ReplicaStore store, FaultyDisk disk, Erasures? purged, string when, VerifiedLeaf[]? leaves = null)
    {
        leaves ??= Leaves;
        Assert.Equal(
            leaves.Select(leaf => leaf.Leaf).OrderBy(leaf => leaf.Ordinal),
            store.Current.Cells.SelectMany(cell => cell.Leaves).OrderBy(leaf => leaf.Ordinal));
        Assert.All(store.Current.Files.ToArray(), file => Assert.True(store.Scrub(file), when));
        ModelPoint[] there = [.. store.Current.Files.SelectMany(file => Points(disk.Read(file.Path)))];
        ModelPoint[] came = [.. leaves.SelectMany(leaf => Points(leaf.Content))];
        Erasures erasures = purged ?? Final;
        if (purged is not null)
        {
            Assert.Equal(Text(came.Where(point => !IsErased(point, erasures))), Text(there));
            Assert.Equal(
                store.Current.Files.Select(file => file.Path).Order(StringComparer.Ordinal),
                disk.List(SegmentFolder.Root)
                    .Where(path => path.EndsWith(".parquet", StringComparison.Ordinal))
                    .Order(StringComparer.Ordinal));
        }

        Assert.Equal(
            Text(came.Where(point => !IsErased(point, erasures))),
            Text(there.Where(point => !IsErased(point, erasures))));
    }

    private static bool IsErased(ModelPoint point, Erasures erasures) => erasures.Tombstones.Any(t =>
        t.FinalBy is not null && t.Table == ModelBatches.Table && point.Time < t.BeforeNanoseconds
        && t.Where.All(condition =>
            condition.Values.Contains(point.Tags.GetValueOrDefault(condition.Tag, ""))));

    private static string Text(IEnumerable<ModelPoint> points) =>
        ModelBatches.Text(points.OrderBy(point => point.Key, StringComparer.Ordinal));

    private static IEnumerable<ModelPoint> Points(ReadOnlyMemory<byte> file)
    {
        using MemoryStream stream = new(file.ToArray());
        using SegmentReader reader = SegmentReader.Open(stream);
        return [.. ModelBatches.Read(reader.Read().Batch)];
    }

    private ReplicaStore Open(FaultyDisk disk)
    {
        CloudIdentity.LoadOrCreate(disk, null, Shipments.Node(1), NewId);
        return ReplicaStore.Open(
            disk, NewId, new ReplicaStoreOptions { DiskReserveBytes = 1_000 }, NullLogger.Instance);
    }

    private Guid NewId() => new(++_ids, 0, 0, new byte[8]);
}
