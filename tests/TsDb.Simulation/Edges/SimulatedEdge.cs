using TsDb.Model;
using TsDb.Replication.Serving;
using TsDb.Replication.Shipping;
using TsDb.Simulation.Fleet;
using TsDb.Simulation.Machines;
using TsDb.Simulation.Queries;
using TsDb.Simulation.Time;
using TsDb.Simulation.Truth;
using TsDb.Storage;
using TsDb.Storage.Catalog;
using TsDb.Storage.Compaction;
using TsDb.Storage.Ingest;
using TsDb.Storage.Retention;
using TsDb.Storage.Shipping;

namespace TsDb.Simulation.Edges;

/// <summary>
/// An edge: log, buffer, seal, catalog, cutter, ledger, shipper and retention of production, and its clients.
/// </summary>
internal sealed class SimulatedEdge : Machine
{
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan RetainEvery = TimeSpan.FromSeconds(3);
    private static readonly CompactionLimits Compaction = new() { ClosedAfter = TimeSpan.Zero };
    private static readonly TimeSpan CompactEvery = TimeSpan.FromSeconds(2);

    private readonly EdgeClient _client;
    private readonly RetentionLimits _retention;
    private readonly HashSet<ContentHash> _durable = [];
    private EdgeStore? _store;
    private IngestPipeline? _ingest;
    private Compactor? _compactor;
    private ShipDesk? _desk;
    private EdgeUplink? _uplink;
    private MachineClock? _clock;
    private SimulatedEvent? _wake;
    private TimeSpan _retainAt;
    private CatalogState? _checked;
    private TimeSpan _compactAt;

    public SimulatedEdge(World world, string name, EdgeId id, PointTruth truth, string hosts)
        : base(world, name)
    {
        (Id, Truth) = (id, truth);
        _retention = world.Plan.Retains
            ? new RetentionLimits { BytesMax = 12_000, DropWhenFull = true }
            : RetentionLimits.KeepAll;
        _client = new EdgeClient(world, name, truth, Chance, hosts);
    }

    public EdgeId Id { get; }

    /// <summary>What its clients were told.</summary>
    public PointTruth Truth { get; }

    /// <summary>Random id of this start.</summary>
    public Guid Instance { get; private set; }

    /// <summary>Answers fresh queries; null while it is down.</summary>
    public EdgeDesk? Fresh { get; private set; }

    /// <summary>True if questions of the cluster reach it, and it takes them for its own cluster's.</summary>
    public bool MayAnswer =>
        _uplink is { IsUp: true } && Fresh is not null && ClusterPin.Read(Disk) is not null;

    /// <summary>Its own idea of the time.</summary>
    public DateTimeOffset Now => _clock!.GetUtcNow();

    /// <summary>True if nothing waits for the cloud here, nor any client.</summary>
    public bool IsQuiet => IsUp && _desk is not null && !_client.IsWaiting
        && _store!.Stats.BufferRows == 0 && _desk.Backlog().Segments == 0 && HasHeardErasures
        && !_compactor!.IsPurgeDue(Now);

    // One that could not keep them and was started again does not know them until it is told once more.
    private bool HasHeardErasures => _store!.Tombstones.Erasures.Number >= World.Raft.Latest!.Erasures.Number;

    /// <summary>Throws if a file that may be written anew has a point that is erased for good.</summary>
    public void RequirePurged()
    {
        PointFilter final = PointFilter.Final(World.Raft.Latest!.Erasures);
        foreach (StoredSegment segment in _store!.Catalog.Segments.Values)
        {
            if (PurgePolicy.PlanOf(_store.Catalog, segment, Compaction, mayMergeUncut: false, Now) is null)
                continue;
            PointSet set = new();
            set.Add(World.Decoded.Read(Disk.Read(segment.Name)));
            if (!set.Points.Keys.All(final.Shows))
                throw new SimulationException($"{Name}: {segment.Name} has points erased for good");
        }
    }

    /// <summary>What waits, for people.</summary>
    public string Report => IsUp && _desk is not null
        ? $"{Name}: buffer {_store!.Stats.BufferRows}, {_desk.Backlog()}, {_desk.Status(Now)}"
        : $"{Name}: down";

    /// <summary>True if it still has the rows of a leaf that it cut.</summary>
    public bool Holds(Leaf leaf) => _store is { Catalog: var catalog }
        && catalog.Ledger.TryGetValue(LeafKey.Of(leaf), out LedgerLeaf? known) && known.Leaf == leaf
        && (known.SegmentName is not null || catalog.SupersederOf(leaf) is not null);

    /// <summary>
    /// True while rows of it may lie below those of another life in the cloud until it cuts them anew: nodes
    /// have leaves under its numbers that it does not know, or what it took back because of such is not
    /// durable again. Losing its disk then loses their order.
    /// </summary>
    public bool IsApart()
    {
        if (_store is not { Catalog: var catalog, Incarnation: var incarnation }) return true;
        bool waits = catalog.Ledger.Values.Where(known => known.Presence == LeafPresence.Forked)
            .Select(known => known.Leaf.Cell).Distinct().SelectMany(cell => catalog.Cells
                .GetValueOrDefault(cell, [])).Any(segment => !RetentionPolicy.IsDurable(catalog, segment));
        return waits || World.Nodes.SelectMany(node => node.Held.Cells)
            .Where(cell => cell.Cell.Edge == Id).SelectMany(cell => cell.Leaves).Any(IsForeign);

        bool IsForeign(Leaf leaf) => catalog.Ledger.TryGetValue(LeafKey.Of(leaf), out LedgerLeaf? known)
            ? known.Leaf != leaf && known.Presence is LeafPresence.Present or LeafPresence.Compacted
            : leaf.Incarnation == incarnation;
    }

    /// <summary>Its clients write a table that nobody had.</summary>
    public void WriteLateTable() => _client.WritesLateTable = true;

    /// <summary>Breaks the connection to its broker.</summary>
    public void BreakLink() => Program?.Run(() => _uplink?.Break("broken"));

    /// <summary>The operator pauses or resumes, or asks for what was set aside.</summary>
    public void Pause(bool isPaused)
    {
        Tell(new ShipEvent.Pause(isPaused));
        if (!isPaused) Tell(new ShipEvent.RequeueAll());
    }

    /// <summary>Something happened to shipping.</summary>
    public void Tell(ShipEvent happened) => Program?.Run(() => Ship(now => _desk!.On(happened, now)));

    protected override void Start(Process program)
    {
        _clock = ClockOf(program);
        StoreEnvironment environment = new(_clock, NewId, World.Trace) { HasOwnThreads = false };
        EdgeStoreOptions options = new()
        {
            Id = Id,
            SealAge = TimeSpan.FromSeconds(World.Plan.ShipsFrom is null ? 2 : 0.5),
            LogFileBytes = 12_000,
            DiskReserveBytes = 4_000,
            Retention = _retention,
        };
        _store = EdgeStore.Open(Disk, options, environment);
        Fresh = new EdgeDesk(_store, new SmallEngine(path => Disk.Read(path), World.Decoded), _clock);
        _ingest = new IngestPipeline(
            _store, new IngestSetup(new IngestLimits(), new NodeTime(_clock), HashSeed: 1));
        _compactor = new Compactor(_store, new SegmentMerger(Disk), Compaction, World.Trace)
        {
            MayMergeUncut = !World.HasUplinks,
        };
        Instance = NewId();
        CheckPoints();
        if (World.HasUplinks) StartShipping(program);
        else World.Time.After(World.Plan.ShipsFrom!.Value - World.Time.Elapsed, () => program.Run(
            () => Kill("gets an uplink")));
        Wake(program, TimeSpan.Zero);
    }

    private void StartShipping(Process program)
    {
        CutLimits limits =
            new() { ShipDelay = TimeSpan.FromSeconds(1), SegmentsMax = World.Plan.CutSegmentsMax };
        Cutter cutter = new(_store!, Disk, new SegmentMerger(Disk), limits, World.Trace, Now);
        ShipperOptions shipper = new() { Edge = Id, Instance = Instance, MessagesInFlightMax = 4 };
        ShipDeskParts parts = new(_store!, Disk, cutter, World.Topics)
        {
            FilesToPurge = () => _compactor!.FilesToPurge,
        };
        _desk = new ShipDesk(parts, shipper, World.Trace, Now);
        _uplink = new EdgeUplink(World, this, program, _desk);
        _uplink.Start();
    }

    protected override void Lose()
    {
        _uplink?.Lose();
        _wake?.Cancel();
        (_store, _desk, _uplink, _ingest, Fresh) = (null, null, null, null, null);
    }

    /// <summary>What clients were told is readable here, as it was told.</summary>
    private void CheckPoints()
    {
        using StoreLease lease = _store!.Acquire();
        PointSet found = PointSet.Of(Id, lease.Version.Tables.Values, path => Disk.Read(path), World.Decoded);
        bool hasDropped = lease.Version.Catalog.Ledger.Values.Any(l => l.Presence == LeafPresence.Expired);
        bool isElsewhere = hasDropped || Truth.HasRegressed;
        Truth.Check(
            found, isElsewhere ? World.Durable.PointsOf(Id) : null, $"at {Name} after a start",
            PointFilter.Final(World.Raft.Latest?.Erasures ?? Erasures.None));
    }

    // What it takes for durable somebody has called so.
    private void CheckLedger()
    {
        if (_store is not { Catalog: var catalog } || ReferenceEquals(catalog, _checked)) return;
        _checked = catalog;
        foreach (LedgerLeaf leaf in catalog.Ledger.Values)
        {
            if (leaf.DurableAt is null || !_durable.Add(leaf.Leaf.Hash)) continue;
            if (!World.Durable.Was(leaf.Leaf.Hash))
                throw new SimulationException($"{Name} takes {leaf.Leaf} for durable, and nobody said so");
        }
    }

    private void Work(Process program)
    {
        if (World.IsStorm || _client.IsWaiting) _client.Write(_ingest!, _store!.RunUntilIdle);
        _store!.RunUntilIdle();
        if (World.Time.Elapsed >= _retainAt && _desk is not null) Retain();
        if (World.Time.Elapsed >= _compactAt) Compact();
        Ship(now =>
        {
            _desk!.Observe(now);
            return [];
        });
        for (int i = 0; i < 50 && _desk?.WakeAt <= Now && program.IsAlive; i++) Ship(_desk.Tick);
        _uplink?.LookForMute();
        TimeSpan wait = PollEvery * (0.5 + Chance.NextDouble());
        if (_desk?.WakeAt is { } due && due - Now < wait) wait = due - Now;
        Wake(program, World.IsStorm ? wait : wait * 2);
    }

    private void Compact()
    {
        _compactAt = World.Time.Elapsed + CompactEvery;
        while (_compactor!.RunOnce(Now))
        {
            // Until there is nothing left to do.
        }
    }

    private void Retain()
    {
        _retainAt = World.Time.Elapsed + RetainEvery;
        IReadOnlyList<string> due = _store!.RetentionDue();
        if (due.Count == 0) return;
        DropQuestion question = DropQuestion.Of(_store.Catalog, due, _desk!.Confirmations, Now);
        if (!question.Open.IsEmpty) Tell(new ShipEvent.ConfirmAsked(question.Open));
        if (question.Confirmed.IsEmpty) return;
        try
        {
            _store.ChangeCatalog(
                state => RetentionPolicy.Drop(state, _retention, question.Confirmed));
        }
        catch (TsDbException failed) when (failed.Kind == ErrorKind.Unavailable)
        {
            World.Trace.Add($"! {Name} {failed.Message}");
        }
    }

    private void Wake(Process program, TimeSpan wait) => _wake = World.Time.After(
        wait > TimeSpan.Zero ? wait : TimeSpan.FromMilliseconds(1), () => program.Run(() => Work(program)));

    // The disk failed under an effect: a new link makes the shipper begin again from what is recorded.
    private void Ship(Func<DateTimeOffset, IReadOnlyList<ShipMessage>> step)
    {
        if (_desk is null) return;
        try
        {
            _uplink!.Publish(step(Now));
            CheckLedger();
        }
        catch (Exception failed) when (
            failed is IOException or TsDbException { Kind: ErrorKind.Unavailable })
        {
            World.Trace.Add($"! {Name} {failed.Message}");
            _uplink?.Break($"shipping failed: {failed.Message}");
        }
    }
}
