using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Distributed;
using TsDb.Query.Planning;
using TsDb.Replication.Serving;
using TsDb.Simulation.Disk;
using TsDb.Storage;
using TsDb.Storage.Catalog;
using TsDb.Storage.Compaction;
using TsDb.Storage.Seal;
using TsDb.Storage.Shipping;
using TsDb.Tests.Columnar;
using TsDb.Tests.Query;

namespace TsDb.Tests.Storage.Compaction;

/// <summary>
/// What final tombstones mask goes from an edge's disk once the cloud has the shipments, and nothing else
/// does, wherever the power goes.
/// </summary>
public sealed class EdgePurgeTests
{
    private static readonly CompactionLimits Limits = new();

    private static readonly Erasures Final = Erasures.None
        .With(ModelBatches.Table, [new TagCondition("host", ["h1", "h7"])], long.MaxValue)
        .With(ModelBatches.Table, [new TagCondition("host", ["h0"])], long.MaxValue)
        .MakeFinal(1);

    [Fact]
    public async Task Wherever_the_power_goes_erased_points_go_and_all_others_are_there()
    {
        int crashes = 0;
        for (int call = 0; call < 60; call++)
        {
            StoreWorld world = new(7) { Format = new ParquetFormat(SegmentOptions.Default) };
            (EdgeStore store, List<ModelPoint> written) = await ShippedAsync(world, shipments: 5);
            store.Tombstones.Take(Final);
            world.Disk.CrashAtCall = world.Disk.Calls + call;
            try
            {
                RunAll(CompactorOf(world, store), world);
            }
            catch (SimulatedCrashException)
            {
                crashes++;
                world.Disk.Restart();
            }

            world.Disk.CrashAtCall = null;
            store = world.Open();
            Assert.Equal(Final, store.Tombstones.Erasures);
            Compactor again = CompactorOf(world, store);
            RunAll(again, world);
            Assert.Equal(0, again.FilesToPurge);
            Assert.Equal(StoreWorld.Expected(written.Where(IsSeen)), world.ReadAll(store));
            Assert.Equal(store.Catalog.Segments.Keys, world.Disk.List(SegmentFolder.Root));
            foreach (StoredSegment segment in store.Catalog.Segments.Values)
            {
                Assert.Equal(segment.Manifest.Ordinals.Count, store.Catalog.LeavesOf(segment).Count());
                Assert.All(PointsOf(world, segment), point => Assert.True(IsSeen(point)));
            }

            await store.DisposeAsync();
        }

        Assert.InRange(crashes, 10, 60);
    }

    [Fact]
    public async Task What_the_cloud_has_not_got_stays_as_it_was_cut_and_what_is_not_cut_stays()
    {
        StoreWorld world = new(3) { Format = new ParquetFormat(SegmentOptions.Default) };
        (EdgeStore store, _) = await ShippedAsync(world, shipments: 6, which: leaf => leaf.Ordinal.Value > 3);
        await WriteAsync(world, store);
        store.Tombstones.Take(Final);
        Compactor compactor = CompactorOf(world, store);
        RunAll(compactor, world);
        Assert.All(
            store.Catalog.Ledger.Values,
            leaf => Assert.True(leaf.DurableAt is not null || leaf.Presence == LeafPresence.Present));
        Assert.Contains(store.Catalog.Ledger.Values, leaf => leaf.Presence == LeafPresence.Compacted);
        Assert.NotEqual(0, compactor.FilesToPurge);

        // Once they are durable nothing is left but the newest, whose day may go on.
        Cut(world, store);
        SayDurable(store, _ => true);
        world.Clock.Advance(TimeSpan.FromDays(4));
        RunAll(compactor, world);
        Assert.Equal(0, compactor.FilesToPurge);
        await store.DisposeAsync();
    }

    [Fact]
    public async Task The_newest_shipment_of_a_day_that_goes_on_waits_for_the_next_day()
    {
        StoreWorld world = new(5) { Format = new ParquetFormat(SegmentOptions.Default) };
        await using EdgeStore store = world.Open();
        await WriteAsync(world, store, OneOf(world, "h1"));
        Cut(world, store);
        SayDurable(store, _ => true);
        store.Tombstones.Take(Final);
        Compactor compactor = CompactorOf(world, store);
        RunAll(compactor, world);
        Assert.Equal(1, compactor.FilesToPurge);
        world.Clock.Advance(TimeSpan.FromDays(2));
        RunAll(compactor, world);
        Assert.Equal((0, 1), (compactor.FilesToPurge, compactor.RowsPurged));

        // No row is left: nobody reads the file, and the leaf is known all the same.
        Assert.Equal("", world.ReadAll(store));
        Assert.Equal(LeafPresence.Compacted, Assert.Single(store.Catalog.Ledger.Values).Presence);
        using StoreLease lease = store.Acquire();
        Assert.Empty(lease.Version.Find(ModelBatches.Table)!.Segments);
    }

    [Fact]
    public async Task A_purged_shipment_that_the_cloud_lost_is_cut_anew_from_what_is_left()
    {
        StoreWorld world = new(9) { Format = new ParquetFormat(SegmentOptions.Default) };
        (EdgeStore store, List<ModelPoint> written) = await ShippedAsync(world, shipments: 3);
        store.Tombstones.Take(Final);
        RunAll(CompactorOf(world, store), world);
        foreach (LedgerLeaf lost in store.Catalog.Ledger.Values.ToArray())
        {
            if (store.Catalog.Ledger[LeafKey.Of(lost.Leaf)] is { SegmentName: { } name })
                store.ChangeCatalog(_ => new SegmentUncut(name, lost.Leaf));
        }

        Cut(world, store);
        Assert.Equal(StoreWorld.Expected(written.Where(IsSeen)), world.ReadAll(store));
        Assert.Contains(store.Catalog.Ledger.Values, leaf => leaf.Presence == LeafPresence.Forked);
        Assert.Contains(store.Catalog.Ledger.Values, leaf => leaf.Presence == LeafPresence.Present);
        await store.DisposeAsync();
    }

    [Fact]
    public async Task A_fresh_question_that_does_not_know_of_it_is_refused()
    {
        StoreWorld world = new(9) { Format = new ParquetFormat(SegmentOptions.Default) };
        (EdgeStore store, _) = await ShippedAsync(world, shipments: 3);
        store.Tombstones.Take(Final);
        using Partitions engine = new();
        EdgeDesk desk = new(store, engine, world.Clock);
        FreshQuestion question = new()
        {
            Table = ModelBatches.Table,
            ColumnsHash = 1,
            Fragment = new PlannedFragment
            {
                ResultName = "r",
                Sql = "SELECT i FROM t",
                RelationName = "t",
                Table = new ResolvedTable(ModelBatches.Table, []),
                Scope = ScanScope.All,
            },
            Erasures = 2,
        };
        TsDbException refused = await Assert.ThrowsAsync<TsDbException>(
            () => desk.AnswerAsync(question, TestContext.Current.CancellationToken));
        Assert.Equal(ErrorKind.Unavailable, refused.Kind);
        Assert.Contains("erased for good", refused.Message, StringComparison.Ordinal);
        FreshAnswer answer = await desk.AnswerAsync(
            question with { Erasures = 3 }, TestContext.Current.CancellationToken);
        Assert.NotNull(answer.Columns);
        await store.DisposeAsync();
    }

    private static bool IsSeen(ModelPoint point) => point.Tags.GetValueOrDefault("host") != "h1";

    // Four days after all of it was written, and all said to be durable.
    private static async Task<(EdgeStore Store, List<ModelPoint> Written)> ShippedAsync(
        StoreWorld world, int shipments, Func<Leaf, bool>? which = null)
    {
        EdgeStore store = world.Open();
        List<ModelPoint> written = [];
        for (int i = 0; i < shipments; i++)
        {
            written.AddRange(await WriteAsync(world, store));
            Cut(world, store);
        }

        SayDurable(store, which ?? (_ => true));
        world.Clock.Advance(TimeSpan.FromDays(4));
        return (store, written);
    }

    private static void RunAll(Compactor compactor, StoreWorld world)
    {
        while (compactor.RunOnce(world.Clock.GetUtcNow())) Assert.True(compactor.FilesToPurge >= 0);
    }

    private static void Cut(StoreWorld world, EdgeStore store)
    {
        DateTimeOffset now = world.Clock.GetUtcNow();
        Cutter cutter = new(
            store, world.Disk, new SegmentMerger(world.Disk), new CutLimits(),
            NullLoggerFactory.Instance, now);
        while (cutter.CutDue(now).Count > 0) Assert.NotEmpty(store.Catalog.Ledger);
    }

    private static void SayDurable(EdgeStore store, Func<Leaf, bool> which)
    {
        foreach (LedgerLeaf leaf in store.Catalog.Ledger.Values.Where(l => l.DurableAt is null))
            if (which(leaf.Leaf)) store.ChangeCatalog(_ => new LeafDurable(leaf.Leaf, new Epoch(1)));
    }

    private static Compactor CompactorOf(StoreWorld world, EdgeStore store) => new(
        store, new SegmentMerger(world.Disk), Limits, NullLoggerFactory.Instance);

    private static IEnumerable<ModelPoint> PointsOf(StoreWorld world, StoredSegment segment)
    {
        using SegmentReader reader = SegmentReader.Open(new MemoryStream(world.ReadFile(segment.Name)));
        return [.. ModelBatches.Read(reader.Read().Batch)];
    }

    private static List<ModelPoint> OneOf(StoreWorld world, string host) =>
        [world.RandomPoints(1)[0] with { Tags = new Dictionary<string, string> { ["host"] = host } }];

    private static async Task<List<ModelPoint>> WriteAsync(
        StoreWorld world, EdgeStore store, List<ModelPoint>? points = null)
    {
        points ??= world.RandomPoints(world.Random.Next(1, 20));
        Task<CommitOutcome> commit =
            store.CommitAsync(StoreWorld.Request(store, points), CancellationToken.None);
        store.RunUntilIdle();
        Assert.Equal(CommitOutcome.Committed, await commit);
        Task flush = store.FlushAsync(CancellationToken.None);
        store.RunUntilIdle();
        await flush;
        return points;
    }
}
