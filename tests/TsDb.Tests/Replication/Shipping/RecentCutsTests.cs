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

    [Fact]
    public void What_was_cut_long_before_stays_as_it_is()
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

        TakeNewIncarnation(store, desk);
        Assert.Equal([1L], Cuts(store, first, LeafPresence.Present));
        Assert.Equal([2L], Cuts(store, first, LeafPresence.Forked));
    }

    private static long[] Cuts(EdgeStore store, Incarnation incarnation, LeafPresence presence) =>
    [
        .. store.Catalog.Ledger.Values
            .Where(leaf => leaf.Leaf.Incarnation == incarnation && leaf.Presence == presence)
            .Select(leaf => leaf.Leaf.Ordinal.Value),
    ];

    private (EdgeStore Store, ShipDesk Desk) Open()
    {
        EdgeStore store = EdgeStore.Open(
            _disk,
            new EdgeStoreOptions { Id = Edge, DiskReserveBytes = 1_000 },
            new StoreEnvironment(_clock, NewId, NullLoggerFactory.Instance) { HasOwnThreads = false });
        DateTimeOffset now = _clock.GetUtcNow();
        SegmentMerger merger = new(_disk);
        Cutter cutter = new(store, _disk, merger, new CutLimits(), NullLoggerFactory.Instance, now);
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

    private void TakeNewIncarnation(EdgeStore store, ShipDesk desk)
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
            new(Instance, store.Incarnation, HelloVerdict.TakeNewIncarnation, "a copy is running");
        desk.On(
            new ShipEvent.Answered(new EdgeAnswers(
                new MessageHeader(cluster.Cluster, cluster.Epoch), new NodeId("n1"), [word])),
            now);
    }

    private Guid NewId() => new(++_ids, 1, 1, new byte[8]);
}
