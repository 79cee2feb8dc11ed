using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using TsDb.Model;
using TsDb.Simulation.Disk;
using TsDb.Storage;
using TsDb.Storage.Catalog;
using TsDb.Storage.Ingest;
using TsDb.Storage.Shipping;

namespace TsDb.Tests.Storage.Shipping;

/// <summary>
/// Cutting on a disk that forgets: a cut is recorded before anybody hears of it and never made again.
/// </summary>
public sealed class CutterTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _clock = new();
    private readonly Random _chance = new(1);
    private FaultyDisk _disk = new(1);

    [Fact]
    public void One_sealed_segment_is_cut_as_it_lies_after_its_delay()
    {
        EdgeStore store = Open();
        Cutter cutter = CutterOf(store);
        Seal(store, 1);
        Assert.Empty(cutter.CutDue(_clock.GetUtcNow()));
        Assert.Equal(_clock.GetUtcNow() + Delay, cutter.DueAt);
        string sealedName = store.Catalog.Segments.Keys.Single();
        _clock.Advance(Delay);
        ShipLeaf cut = Assert.Single(cutter.CutDue(_clock.GetUtcNow()));
        Assert.Equal((sealedName, 1L), (cut.SegmentName, cut.Leaf.Ordinal.Value));
        Assert.True(store.Catalog.Segments[sealedName].IsCut);
        Assert.Equal((null, 1L), (cutter.DueAt, ShipBacklog.Of(store.Catalog).Segments));
    }

    [Fact]
    public void Several_segments_of_a_cell_become_one_shipment_and_a_flush_ends_the_delay()
    {
        EdgeStore store = Open();
        Cutter cutter = CutterOf(store);
        for (int i = 1; i <= 3; i++) Seal(store, i);
        Assert.Equal(3, store.Catalog.Segments.Count);
        cutter.MakeAllDue(_clock.GetUtcNow());
        ShipLeaf cut = Assert.Single(cutter.CutDue(_clock.GetUtcNow()));
        Assert.Empty(cutter.CutDue(_clock.GetUtcNow()));
        Assert.Equal((12L, 1), (cut.Rows, store.Catalog.Segments.Count));
        Seal(store, 4);
        cutter.MakeAllDue(_clock.GetUtcNow());
        Assert.Equal(2, Assert.Single(cutter.CutDue(_clock.GetUtcNow())).Leaf.Ordinal.Value);
    }

    [Fact]
    public void Enough_bytes_are_cut_at_once()
    {
        EdgeStore store = Open();
        Cutter cutter = CutterOf(store, new CutLimits { ShipDelay = Delay, ShipBytes = 1_000 });
        Seal(store, 1);
        Assert.Empty(cutter.CutDue(_clock.GetUtcNow()));
        Seal(store, 2);
        Assert.Single(cutter.CutDue(_clock.GetUtcNow()));
    }

    [Fact]
    public void Wherever_the_power_goes_a_cut_that_was_heard_of_stays_and_no_row_is_lost()
    {
        int crashes = 0;
        for (int call = 1; call < 400; call++)
        {
            _disk = new FaultyDisk(call);
            int atSeed = call;
            if (!CrashAt(atSeed)) continue;
            crashes++;
        }

        Assert.InRange(crashes, 30, 400);
    }

    private bool CrashAt(int call)
    {
        List<Leaf> heard = [];
        long rows = 0;
        bool isCrashed = false;
        _disk.CrashAtCall = 60 + call;
        try
        {
            EdgeStore store = Open();
            Cutter cutter = CutterOf(store);
            for (int i = 1; i <= 4; i++)
            {
                rows += Seal(store, i);
                if (i % 2 == 1) continue;
                cutter.MakeAllDue(_clock.GetUtcNow());
                while (cutter.CutDue(_clock.GetUtcNow()) is { Count: > 0 } cut)
                    heard.AddRange(cut.Select(leaf => leaf.Leaf));
            }
        }
        catch (SimulatedCrashException)
        {
            isCrashed = true;
            _disk.Restart();
        }

        _disk.CrashAtCall = null;
        EdgeStore again = Open();
        foreach (Leaf leaf in heard)
        {
            LedgerLeaf known = again.Catalog.Ledger[LeafKey.Of(leaf)];
            Assert.Equal(leaf, known.Leaf);
            Assert.Equal(leaf.Hash, FileHash.Of(_disk, known.SegmentName!));
        }

        Cutter next = CutterOf(again);
        while (next.CutDue(_clock.GetUtcNow()) is { Count: > 0 } cut)
        {
            foreach (ShipLeaf leaf in cut)
                Assert.Equal(leaf.Leaf.Hash, FileHash.Of(_disk, leaf.SegmentName));
        }

        foreach (LedgerLeaf leaf in again.Catalog.Ledger.Values)
            Assert.Equal(leaf.Leaf.Hash, FileHash.Of(_disk, leaf.SegmentName!));
        long kept = again.Catalog.Segments.Values.Sum(s => s.Manifest.Rows) + again.Stats.BufferRows;
        Assert.True(kept >= rows, $"call {call}: {rows} rows were acknowledged, {kept} are there");
        return isCrashed;
    }

    private EdgeStore Open() => EdgeStore.Open(
        _disk,
        new EdgeStoreOptions { Id = ShipEdge, DiskReserveBytes = 1_000 },
        new StoreEnvironment(_clock, NewId, NullLoggerFactory.Instance) { HasOwnThreads = false });

    private static EdgeId ShipEdge => new("E1");

    private Cutter CutterOf(EdgeStore store, CutLimits? limits = null) => new(
        store,
        _disk,
        new SegmentMerger(_disk),
        limits ?? new CutLimits { ShipDelay = Delay },
        NullLoggerFactory.Instance,
        _clock.GetUtcNow());

    private static int Seal(EdgeStore store, int batch)
    {
        const int Rows = 4;
        IngestPipeline ingest =
            new(store, new IngestSetup(new IngestLimits(), new NodeTime(TimeProvider.System), HashSeed: 1));
        string lines = string.Join('\n', Enumerable.Range(0, Rows).Select(
            row => $"m,host=h{row} v={batch}i {1_700_000_000_000_000_000 + (batch * 1_000_000_000L)}"));
        IngestRules rules = new() { Database = "db", Dialect = IngestDialect.V3 };
        Task<ParsedPoints> write =
            ingest.WriteLinesAsync(Encoding.UTF8.GetBytes(lines), rules, CancellationToken.None);
        store.RunUntilIdle();
        Assert.Equal(Rows, write.GetAwaiter().GetResult().RowCount);
        Task flush = store.FlushAsync(CancellationToken.None);
        store.RunUntilIdle();
        flush.GetAwaiter().GetResult();
        return Rows;
    }

    private Guid NewId()
    {
        byte[] bytes = new byte[16];
        _chance.NextBytes(bytes);
        return new Guid(bytes);
    }
}
