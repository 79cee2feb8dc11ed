using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Shipping;
using TsDb.Simulation.Link;
using TsDb.Storage;
using TsDb.Storage.Ingest;
using TsDb.Storage.Shipping;

namespace TsDb.Simulation.Fleet;

/// <summary>
/// An edge: the store, cutter, ledger and shipper of production, and one client that writes and repeats what
/// was not acknowledged.
/// </summary>
public sealed class SimulatedEdge : Machine
{
    private const int ChunkBytes = 2_048;
    private const int KeysMax = 40;

    private readonly SortedDictionary<string, long> _acknowledged = new(StringComparer.Ordinal);
    private readonly EdgeId _id;
    private EdgeStore? _store;
    private IngestPipeline? _ingest;
    private ShipDesk? _desk;
    private Guid _instance;
    private long _generation;
    private bool _isLinked;
    private DateTimeOffset _linkAt;
    private List<(string Key, long Value)>? _unanswered;

    internal SimulatedEdge(FleetWorld world, string name, int seed)
        : base(world, name, seed) => _id = new EdgeId(name);

    /// <summary>The newest acknowledged value of each point.</summary>
    public IReadOnlyDictionary<string, long> Acknowledged => _acknowledged;

    /// <summary>The name as an id.</summary>
    public EdgeId Id => _id;

    /// <summary>True if nothing waits for the cloud here, nor any client.</summary>
    public bool IsQuiet =>
        IsUp && _unanswered is null && _store!.Stats.BufferRows == 0 && _desk!.Backlog().Segments == 0;

    /// <summary>What waits, for people.</summary>
    public string Report => IsUp
        ? $"{Name}: buffer {_store!.Stats.BufferRows}, {_desk!.Backlog()}, {_desk.Status(World.Now)}"
        : $"{Name}: down";

    private protected override void Start()
    {
        StoreEnvironment environment =
            new(World.Clock, World.NewId, NullLoggerFactory.Instance) { HasOwnThreads = false };
        EdgeStoreOptions options = new()
        {
            Id = _id, SealAge = TimeSpan.FromSeconds(2), LogFileBytes = 16_000, DiskReserveBytes = 1_000,
        };
        _store = EdgeStore.Open(Disk, options, environment);
        NodeTime time = new(World.Clock);
        _ingest = new IngestPipeline(_store, new IngestSetup(new IngestLimits(), time, HashSeed: 1));
        CutLimits limits = new() { ShipDelay = TimeSpan.FromSeconds(1) };
        Cutter cutter = new(
            _store, Disk, new SegmentMerger(Disk), limits, NullLoggerFactory.Instance, World.Now);
        _instance = World.NewId();
        ShipperOptions shipper = new() { Edge = _id, Instance = _instance, MessagesInFlightMax = 4 };
        ShipDeskParts parts = new(_store, Disk, cutter, World.Topics);
        _desk = new ShipDesk(parts, shipper, NullLoggerFactory.Instance, World.Now);
        (_generation, _isLinked, _linkAt) = (0, false, World.Now);
    }

    private protected override void Work()
    {
        if (World.IsStorm || _unanswered is not null) Write();
        _store!.RunUntilIdle();
        if (_isLinked && World.Happens(World.Options.BreakEvery)) LoseLink();
        if (!_isLinked && World.Now >= _linkAt) Connect();
        _desk!.Observe(World.Now);
        for (int i = 0; i < 50 && _desk.WakeAt <= World.Now; i++) Publish(_desk.Tick(World.Now));
    }

    private protected override void Lose()
    {
        World.Link.Disconnect(Name, World.Now);
        (_isLinked, _store, _desk) = (false, null, null);
    }

    private void Write()
    {
        if (_unanswered is null)
        {
            if (Chance.Next(4) > 0) return;
            _unanswered = [.. Enumerable.Range(0, 1 + Chance.Next(20)).Select(
                _ => (RandomKey(), World.NextValue()))];
        }

        string lines = string.Join('\n', _unanswered.Select(
            p => $"m,{p.Key.Replace("@", $" v={p.Value}i ", StringComparison.Ordinal)}"));
        IngestRules rules = new() { Database = "db", Dialect = IngestDialect.V3 };
        Task<ParsedPoints> answer = _ingest!.WriteLinesAsync(
            Encoding.UTF8.GetBytes(lines), rules, CancellationToken.None);
        _store!.RunUntilIdle();
        if (!answer.IsCompleted)
            throw new InvalidOperationException("the store is idle and has not answered");
        if (answer.Exception?.InnerException is TsDbException { Kind: ErrorKind.Unavailable }) return;
        if (answer.GetAwaiter().GetResult().RowCount != _unanswered.Count)
            throw new InvalidOperationException("a good line was refused");
        foreach ((string key, long value) in _unanswered) _acknowledged[key] = value;
        _unanswered = null;
    }

    // Few keys around two days, so that points are often written again.
    private string RandomKey()
    {
        long start = 1_700_006_400_000_000_000 + (World.Elapsed.Ticks * 100 / 5_000_000_000 * 5_000_000_000);
        long late = Chance.Next(8) == 0 ? 60_000_000_000 : 0;
        return $"host=h{Chance.Next(4)}@{start + (Chance.Next(KeysMax) * 1_000_000_000L) - late}";
    }

    private void Connect()
    {
        _isLinked = true;
        _generation++;
        long generation = _generation;
        string presence = World.Topics.Presence(_id);
        World.Link.Connect(
            Name,
            new Session(
                [World.Topics.Ack(_id), World.Topics.Cluster],
                (topic, payload) => Guarded(() => Hear(generation, topic, payload)),
                (presence, ShipmentCodec.Encode(new Presence(_id, _instance, false)))),
            World.Now);
        byte[] online = ShipmentCodec.Encode(new Presence(_id, _instance, true));
        World.Link.Publish(Name, presence, online, retain: true, World.Now);
        Publish(_desk!.On(new ShipEvent.LinkUp(ChunkBytes), World.Now));
    }

    private void LoseLink()
    {
        World.Link.Disconnect(Name, World.Now);
        (_isLinked, _linkAt) = (false, World.Now + (TimeSpan.FromSeconds(8) * Chance.NextDouble()));
        Publish(_desk!.On(new ShipEvent.LinkDown("broken"), World.Now));
    }

    private void Hear(long generation, string topic, byte[] payload)
    {
        if (!IsUp || generation != _generation) return;
        ShipEvent e = topic == World.Topics.Cluster
            ? new ShipEvent.Cluster(ShipmentCodec.DecodeClusterInfo(payload))
            : new ShipEvent.Answered(ShipmentCodec.DecodeEdgeAnswers(payload));
        Publish(_desk!.On(e, World.Now));
    }

    // The broker acknowledges at once: it means nothing but room for more.
    private void Publish(IReadOnlyList<ShipMessage> messages)
    {
        Queue<ShipMessage> queue = new(messages);
        while (queue.TryDequeue(out ShipMessage? message))
        {
            if (_isLinked) World.Link.Publish(Name, message.Topic, message.Payload, retain: false, World.Now);
            if (message.Data is not { } sent) continue;
            foreach (ShipMessage next in _desk!.On(sent, World.Now)) queue.Enqueue(next);
        }
    }
}
