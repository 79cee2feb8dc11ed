using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Shipping;
using TsDb.Simulation.Disk;
using TsDb.Storage;
using TsDb.Storage.Catalog;
using TsDb.Storage.Ingest;
using TsDb.Storage.Shipping;

namespace TsDb.Tests.Replication.Shipping;

/// <summary>What was cut before the cloud's word that the directory is not alone of its kind.</summary>
public sealed class RecentCutsTests
{
    private static readonly EdgeId Edge = new("E1");
    private static readonly Guid Instance = new(7, 7, 7, new byte[8]);
    private static readonly ShipmentTopics Topics = new("default");

    private readonly FakeTimeProvider _clock = new();
    private readonly FaultyDisk _disk = new(1);
    private int _ids;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_is_cut_anew_under_the_new_incarnation_also_after_a_restart(bool restarts)
    {
        (EdgeStore store, ShipDesk desk) = Open();
        Incarnation first = store.Incarnation;
        for (int i = 1; i <= 2; i++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            Write(store, i);
            desk.Flush(_clock.GetUtcNow());
            desk.Tick(_clock.GetUtcNow());
        }

        Assert.Equal([1L, 2L], Cuts(store, first, LeafPresence.Present));
        if (restarts)
        {
            _disk.Restart();
            (store, desk) = Open();
        }

        TakeNewIncarnation(store, desk);
        Assert.NotEqual(first, store.Incarnation);
        Assert.Equal([1L, 2L], Cuts(store, first, LeafPresence.Forked));
        desk.Flush(_clock.GetUtcNow());
        desk.Tick(_clock.GetUtcNow());
        Assert.Equal([1L], Cuts(store, store.Incarnation, LeafPresence.Present));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_cut_long_before_stays_as_it_is_unless_the_cloud_lacks_it(bool isDurable)
    {
        (EdgeStore store, ShipDesk desk) = Open();
        Incarnation first = store.Incarnation;
        for (int i = 1; i <= 2; i++)
        {
            Write(store, i);
            desk.Flush(_clock.GetUtcNow());
            desk.Tick(_clock.GetUtcNow());
            _clock.Advance(TimeSpan.FromHours(4));
        }

        Leaf old = store.Catalog.Ledger.Values.First(leaf => leaf.Leaf.Ordinal == Ordinal.First).Leaf;
        if (isDurable) store.ChangeCatalog(_ => new LeafDurable(old, new Epoch(1)));
        TakeNewIncarnation(store, desk);
        Assert.Equal(isDurable ? [1L] : [], Cuts(store, first, LeafPresence.Present));
        Assert.Equal(isDurable ? [2L] : [1L, 2L], Cuts(store, first, LeafPresence.Forked));
    }

    [Fact]
    public void Many_pieces_of_a_cell_become_as_many_of_the_new_incarnation_in_their_order()
    {
        (EdgeStore store, ShipDesk desk) = Open(segmentsMax: 2);
        Incarnation first = store.Incarnation;
        for (int i = 1; i <= 5; i++) Write(store, i);
        CutAll(desk);
        Assert.Equal([1L, 2L, 3L], Cuts(store, first, LeafPresence.Present));
        TakeNewIncarnation(store, desk);
        Assert.Equal([1L, 2L, 3L], Cuts(store, first, LeafPresence.Forked));
        CutAll(desk);
        Assert.Equal([1L, 2L], Cuts(store, store.Incarnation, LeafPresence.Present));
        StoredSegment[] pieces = [.. store.Catalog.Segments.Values.OrderBy(s => s.Manifest.Ordinals.First)];
        Assert.Equal(pieces.OrderBy(s => s.Rank), pieces);
        Assert.Equal(pieces.OrderBy(s => s.Manifest.Range.StartNanoseconds), pieces);
    }

    [Fact]
    public void The_old_incarnation_is_left_only_once_its_cuts_are_recorded_as_uncut()
    {
        bool isOver = false;
        for (int call = 1; !isOver; call++)
        {
            _disk.PutBack(new Dictionary<string, byte[]>());
            (EdgeStore store, ShipDesk desk) = Open();
            Incarnation first = store.Incarnation;
            Write(store, 1);
            CutAll(desk);
            Write(store, 2);
            CutAll(desk);
            _disk.CrashAtCall = _disk.Calls + call;
            isOver = true;
            try
            {
                TakeNewIncarnation(store, desk);
            }
            catch (SimulatedCrashException)
            {
                isOver = false;
            }

            _disk.Restart();
            (store, _) = Open();
            Assert.True(store.Incarnation == first || Cuts(store, first, LeafPresence.Present).Length == 0);
            if (isOver) Assert.NotEqual(first, store.Incarnation);
        }
    }

    [Fact]
    public void A_full_disk_puts_it_off()
    {
        (EdgeStore store, ShipDesk desk) = Open();
        Incarnation first = store.Incarnation;
        Write(store, 1);
        CutAll(desk);
        _disk.CapacityBytes = _disk.UsedBytes;
        TakeNewIncarnation(store, desk);
        Assert.Equal(first, store.Incarnation);
        _disk.CapacityBytes = long.MaxValue;
        _clock.Advance(TimeSpan.FromMinutes(1));
        desk.Tick(_clock.GetUtcNow());
        Assert.NotEqual(first, store.Incarnation);
        Assert.Equal([1L], Cuts(store, first, LeafPresence.Forked));
    }

    [Theory]
    [InlineData(3, 3, new long[] { 1, 2 }, new long[] { 3, 4 })]
    [InlineData(5, 5, new long[] { 1, 2, 3 }, new long[] { 4 })]
    [InlineData(5, 1, new long[] { 1 }, new long[] { 2, 3, 4 })]
    [InlineData(1, 1, new long[] { }, new long[] { 1, 2, 3, 4 })]
    public void What_both_directories_have_stays_as_it_is(
        int differs, int unseen, long[] stay, long[] anew)
    {
        (EdgeStore store, ShipDesk desk) = Open();
        Incarnation first = store.Incarnation;
        for (int i = 1; i <= 3; i++)
        {
            Write(store, i);
            CutAll(desk);
        }

        Leaf[] cuts = [.. store.Catalog.Ledger.Values.Select(known => known.Leaf)];
        store.ChangeCatalog(_ => new LeafDurable(cuts[0], new Epoch(1)));
        _disk.Restart();
        (store, desk) = Open();
        Write(store, 4);
        CutAll(desk);
        TakeNewIncarnation(
            store, desk, new Divergence(cuts[0].Cell, new Ordinal(differs), new Ordinal(unseen)));
        Assert.NotEqual(first, store.Incarnation);
        Assert.Equal(stay, Cuts(store, first, LeafPresence.Present));
        Assert.Equal(anew, Cuts(store, first, LeafPresence.Forked));
    }

    [Fact]
    public void What_another_node_says_of_it_later_is_heard_although_the_incarnation_was_left()
    {
        (EdgeStore store, ShipDesk desk) = Open();
        Incarnation first = store.Incarnation;
        for (int i = 1; i <= 3; i++)
        {
            Write(store, i);
            CutAll(desk);
        }

        Cell cell = store.Catalog.Ledger.Values.First().Leaf.Cell;
        _disk.Restart();
        (store, desk) = Open();
        TakeNewIncarnation(store, desk, new Divergence(cell, new Ordinal(3), new Ordinal(3)));
        CutAll(desk);
        Incarnation second = store.Incarnation;
        Assert.Equal([1L, 2L], Cuts(store, first, LeafPresence.Present));
        Divergence lower = new(cell, new Ordinal(2), new Ordinal(2));
        Hear(desk, first, lower);
        Assert.Equal(second, store.Incarnation);
        Assert.Equal([1L], Cuts(store, first, LeafPresence.Present));
        CutAll(desk);
        Assert.Equal([1L, 2L], Cuts(store, second, LeafPresence.Present));

        // Once is enough: nothing is left that it could be said of.
        Hear(desk, first, lower);
        CutAll(desk);
        Assert.Equal([1L, 2L], Cuts(store, second, LeafPresence.Present));
    }

    private void CutAll(ShipDesk desk)
    {
        desk.Observe(_clock.GetUtcNow());
        desk.Flush(_clock.GetUtcNow());
        while (desk.WakeAt <= _clock.GetUtcNow()) desk.Tick(_clock.GetUtcNow());
    }

    private static long[] Cuts(EdgeStore store, Incarnation incarnation, LeafPresence presence) =>
    [
        .. store.Catalog.Ledger.Values
            .Where(leaf => leaf.Leaf.Incarnation == incarnation && leaf.Presence == presence)
            .Select(leaf => leaf.Leaf.Ordinal.Value),
    ];

    private (EdgeStore Store, ShipDesk Desk) Open(int segmentsMax = 64)
    {
        EdgeStore store = EdgeStore.Open(
            _disk,
            new EdgeStoreOptions { Id = Edge, DiskReserveBytes = 1_000 },
            new StoreEnvironment(_clock, NewId, NullLoggerFactory.Instance) { HasOwnThreads = false });
        DateTimeOffset now = _clock.GetUtcNow();
        SegmentMerger merger = new(_disk);
        CutLimits limits = new() { SegmentsMax = segmentsMax };
        Cutter cutter = new(store, _disk, merger, limits, NullLoggerFactory.Instance, now);
        ShipDeskParts parts = new(store, _disk, cutter, Topics);
        ShipperOptions options = new() { Edge = Edge, Instance = Instance };
        return (store, new ShipDesk(parts, options, NullLoggerFactory.Instance, now));
    }

    private static void Write(EdgeStore store, int value)
    {
        IngestPipeline ingest = new(
            store, new IngestSetup(new IngestLimits(), new NodeTime(TimeProvider.System), HashSeed: 1));
        byte[] line = Encoding.UTF8.GetBytes($"cpu,host=a v={value}i {1_700_000_000 + value}000000000\n");
        Task<ParsedPoints> written = ingest.WriteLinesAsync(
            line, new IngestRules { Database = "db", Dialect = IngestDialect.V3 }, CancellationToken.None);
        store.RunUntilIdle();
        Assert.Equal(1, written.GetAwaiter().GetResult().RowCount);
        Task flush = store.FlushAsync(CancellationToken.None);
        store.RunUntilIdle();
        flush.GetAwaiter().GetResult();
    }

    private void TakeNewIncarnation(EdgeStore store, ShipDesk desk, Divergence? divergence = null) =>
        Hear(desk, store.Incarnation, divergence);

    private void Hear(ShipDesk desk, Incarnation incarnation, Divergence? divergence)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        ClusterInfo cluster = new()
        {
            Cluster = new ClusterId(new Guid(9, 9, 9, new byte[8])),
            Epoch = new Epoch(1),
            ShardCount = 64,
            ReplicationFactor = 1,
            WriteQuorum = 1,
        };
        desk.On(new ShipEvent.LinkUp(ChunkBytes: 1_000), now);
        desk.On(new ShipEvent.Cluster(cluster), now);
        EdgeAnswer.Hello word =
            new(Instance, incarnation, HelloVerdict.TakeNewIncarnation, "a copy is running")
            {
                Divergence = divergence,
            };
        desk.On(
            new ShipEvent.Answered(new EdgeAnswers(
                new MessageHeader(cluster.Cluster, cluster.Epoch), new NodeId("n1"), [word])),
            now);
    }

    private Guid NewId() => new(++_ids, 1, 1, new byte[8]);
}
