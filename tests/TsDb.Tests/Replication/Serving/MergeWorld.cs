using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Query;
using TsDb.Replication.Cluster;
using TsDb.Replication.Receiving;
using TsDb.Simulation.Disk;
using TsDb.Simulation.Queries;
using TsDb.Storage;
using TsDb.Storage.Catalog;
using TsDb.Storage.Compaction;
using TsDb.Storage.Retention;
using TsDb.Storage.Seal;
using TsDb.Storage.Shipping;
using TsDb.Tests.Columnar;
using TsDb.Tests.Replication.Compaction;
using TsDb.Tests.Replication.Receiving;
using TsDb.Tests.Storage;

namespace TsDb.Tests.Replication.Serving;

/// <summary>An edge, the way to the cloud, and one replica there.</summary>
public sealed class MergeWorld : IDisposable
{
    private static readonly RetentionLimits Small = new() { BytesMax = 2_000 };

    private readonly StoreWorld _edge;
    private readonly FaultyDisk _cloudDisk;
    private readonly SegmentCache _decoded = new();
    private readonly List<ModelPoint> _written = [];
    private readonly List<VerifiedLeaf> _onTheWay = [];
    private readonly List<Incarnation> _incarnations = [];
    private EdgeStore _store;
    private Cutter _cutter;
    private ReplicaStore _cloud;

    public MergeWorld(int seed)
    {
        _edge = new StoreWorld(seed) { Format = new ParquetFormat(new SegmentOptions()) };
        _edge.Options = _edge.Options with { Id = Shipments.Edge };
        _cloudDisk = new FaultyDisk(seed + 1_000);
        _store = _edge.Open();
        _cutter = NewCutter();
        _cloud = OpenCloud();
        _incarnations.Add(_store.Incarnation);
    }

    public Random Random => _edge.Random;

    /// <summary>What a map holds after all writes.</summary>
    public string Expected => StoreWorld.Expected(_written);

    /// <summary>True once retention has taken something from the edge.</summary>
    public bool HasDropped { get; private set; }

    /// <summary>Leaves that the cloud has.</summary>
    public long LeafCount => _cloud.Current.LeafCount;

    /// <summary>Files that were made of several leaves in the cloud.</summary>
    public int MergeCount { get; private set; }

    /// <summary>Cuts that were undone.</summary>
    public int ForkCount { get; private set; }

    public async Task WriteAsync()
    {
        List<ModelPoint> points = _edge.RandomPoints(Random.Next(8) == 0 ? 200 : Random.Next(1, 12));
        _written.AddRange(points);
        Task<CommitOutcome> commit = _store.CommitAsync(
            StoreWorld.Request(_store, points), CancellationToken.None);
        _store.RunUntilIdle();
        Assert.Equal(CommitOutcome.Committed, await commit);
        _edge.Clock.Advance(TimeSpan.FromSeconds(Random.Next(4)));
    }

    public async Task FlushAsync()
    {
        Task flush = _store.FlushAsync(CancellationToken.None);
        _store.RunUntilIdle();
        await flush;
    }

    public async Task RestartEdgeAsync()
    {
        await _store.DisposeAsync();
        _edge.Disk.Restart();
        _store = _edge.Open();
        _cutter = NewCutter();
    }

    public void RestartCloud()
    {
        _cloud.Dispose();
        _cloudDisk.Restart();
        _cloud = OpenCloud();
    }

    /// <summary>Cuts what is sealed, all of it or one shipment.</summary>
    public void Cut(bool all = false)
    {
        _cutter.MakeAllDue(_edge.Clock.GetUtcNow());
        while (_cutter.CutDue(_edge.Clock.GetUtcNow()) is { Count: > 0 } cut)
        {
            foreach (ShipLeaf leaf in cut)
            {
                byte[] file = _edge.ReadFile(leaf.SegmentName);
                _onTheWay.Add(new VerifiedLeaf(leaf.Leaf, new SegmentVerifier().Verify(file), file));
            }

            if (!all && Random.Next(2) == 0) break;
        }
    }

    /// <summary>Some shipments arrive, in any order, some of them twice.</summary>
    public void Deliver(int count)
    {
        for (; count > 0 && _onTheWay.Count > 0; count--)
        {
            VerifiedLeaf leaf = _onTheWay[Random.Next(_onTheWay.Count)];
            ReceiveOutcome outcome = Assert.Single(_cloud.Store([leaf]));
            Assert.True(outcome is ReceiveOutcome.Stored or ReceiveOutcome.AlreadyPresent, $"{outcome}");
            if (Random.Next(5) == 0) continue;
            _onTheWay.Remove(leaf);
            _store.ChangeCatalog(_ => new LeafDurable(leaf.Leaf, new Epoch(1)));
        }
    }

    /// <summary>The cloud makes few files of many, of whole blocks or as if the day were over.</summary>
    public void CompactCloud() => MergeCount += Merging.RunAll(
        _cloud, Random.Next(3) == 0 ? new CompactionLimits { ClosedAfter = TimeSpan.FromDays(1) } : null);

    /// <summary>
    /// The cloud has another shipment of that number: the edge takes a new incarnation and cuts the rows
    /// anew.
    /// </summary>
    public void Fork()
    {
        VerifiedLeaf[] open = [.. _onTheWay.Where(leaf => _cloud.Current.Find(leaf.Leaf) is null)];
        if (open.Length == 0) return;
        VerifiedLeaf fork = open[Random.Next(open.Length)];
        _onTheWay.Remove(fork);
        _store.ChangeCatalog(_ => new LeafForked(fork.Leaf));
        _incarnations.Add(_store.RenewIncarnation());
        ForkCount++;
    }

    /// <summary>Retention at the edge.</summary>
    public void Drop()
    {
        ImmutableArray<string> due =
            RetentionPolicy.Decide(_store.Catalog, Small, _edge.Clock.GetUtcNow(), 0);
        if (due.IsEmpty) return;
        _store.ChangeCatalog(state => RetentionPolicy.Drop(state, Small, due));
        HasDropped = true;
    }

    public async Task ShipAllAsync()
    {
        await FlushAsync();
        Cut(all: true);
        while (_onTheWay.Count > 0) Deliver(_onTheWay.Count);
    }

    public string ReadEdge()
    {
        using StoreLease lease = _store.Acquire();
        TableSnapshot? table = lease.Version.Find(ModelBatches.Table);
        return table is null ? "" : Text(table, _edge.Disk);
    }

    public string ReadCloud()
    {
        ClusterConfiguration cluster = Shipments.Founded(1, 1);
        EdgeRegistration known = new(Shipments.Edge, [.. _incarnations]);
        cluster = cluster with { Edges = cluster.Edges.Add(Shipments.Edge, known) };
        using ReplicaLease lease = _cloud.Acquire();
        return Text(lease.Snapshot(ModelBatches.Table, cluster, _ => true, TimeRange.All), _cloudDisk);
    }

    public void Dispose() => _cloud.Dispose();

    private string Text(TableSnapshot table, FaultyDisk disk) => ModelBatches.Text(
        PointScan.Of(table, ScanScope.All, disk.Read, _decoded)
            .SelectMany(part => ModelBatches.Read(part.Batch))
            .OrderBy(point => point.Key, StringComparer.Ordinal));

    private ReplicaStore OpenCloud() => ReplicaStore.Open(
        _cloudDisk, _edge.NewId, new ReplicaStoreOptions(), NullLogger.Instance);

    private Cutter NewCutter() => new(
        _store,
        _edge.Disk,
        new SegmentMerger(_edge.Disk),
        new CutLimits(),
        NullLoggerFactory.Instance,
        _edge.Clock.GetUtcNow());
}
