using System.Collections.Immutable;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Purging;
using TsDb.Simulation.Cluster;
using TsDb.Simulation.Edges;
using TsDb.Simulation.Machines;
using TsDb.Simulation.Network;
using TsDb.Simulation.Nodes;
using TsDb.Simulation.Queries;
using TsDb.Simulation.Time;
using TsDb.Simulation.Truth;

namespace TsDb.Simulation.Fleet;

/// <summary>
/// Edges, brokers and cloud nodes on one seed, one thread and one clock, over disks and wires that fail. What
/// each port may do is said at the head of the file that stands behind it.
/// </summary>
internal sealed class World
{
    /// <summary>Shards of the cluster: few, so that each has several cells.</summary>
    public const int ShardCount = 4;

    private static readonly TimeSpan AdmitEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WatchEvery = TimeSpan.FromSeconds(1);

    // Of each such time clients write for so long: the rest is enough to seal, cut and ship what there is.
    private static readonly TimeSpan LullEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LullAfter = TimeSpan.FromSeconds(4);

    private readonly List<SimulatedNode> _nodes = [];
    private readonly List<SimulatedEdge> _edges = [];
    private readonly List<SimulatedEdge> _clones = [];
    private readonly List<Broker> _brokers = [];
    private long _number;
    private int _mergeCrashes;
    private SimulationException? _failure;

    /// <summary>A world before its first event.</summary>
    public World(FaultPlan plan, TextWriter? trace = null)
    {
        Plan = plan;
        Chance = new Random(plan.Seed);
        Trace = new Trace(Time, trace);
        Wires = new Wires(Time, new Random(Chance.Next()));
        Raft = new SimulatedRaft(this);
        Durable = new DurableTruth(this);
        for (int i = 1; i <= plan.OutsideBrokers; i++) _brokers.Add(new Broker(this, $"B{i}"));
        for (int i = 1; i <= plan.Nodes; i++) AddNode();
        for (int i = 1; i <= plan.Edges; i++)
        {
            string name = $"E{i}";
            _edges.Add(new SimulatedEdge(this, name, new EdgeId(name), new PointTruth(), "h"));
        }
    }

    public FaultPlan Plan { get; }

    public Random Chance { get; }

    public SimulatedTime Time { get; } = new();

    public Trace Trace { get; }

    public Wires Wires { get; }

    public SimulatedRaft Raft { get; }

    public ShipmentTopics Topics { get; } = new("sim");

    /// <summary>What was called durable.</summary>
    public DurableTruth Durable { get; }

    /// <summary>Segments decoded once.</summary>
    public SegmentCache Decoded { get; } = new();

    public IReadOnlyList<SimulatedNode> Nodes => _nodes;

    public IReadOnlyList<SimulatedEdge> Edges => _edges;

    public IReadOnlyList<Broker> Brokers => _brokers;

    public IReadOnlyList<Machine> Machines => [.. _nodes, .. _edges, .. _clones];

    /// <summary>True while clients write and faults happen.</summary>
    public bool IsStorm { get; private set; }

    /// <summary>True while clients write something new.</summary>
    public bool IsWriting =>
        IsStorm && (!Plan.HasLulls || Time.Elapsed.Ticks % LullEvery.Ticks < LullAfter.Ticks);

    /// <summary>True if the power of a machine that merges may go once more.</summary>
    public bool MayCrashMerge() => _mergeCrashes < Plan.MergeCrashes && ++_mergeCrashes > 0;

    /// <summary>True once edges have their uplinks.</summary>
    public bool HasUplinks => Plan.ShipsFrom is not { } from || Time.Elapsed >= from;

    /// <summary>All shards.</summary>
    public static ImmutableArray<ShardId> Shards { get; } =
        [.. Enumerable.Range(0, ShardCount).Select(number => new ShardId(number))];

    /// <summary>
    /// Runs the storm, then the calm until everything is in place. True if it came to that.
    /// </summary>
    public bool Run(QueryClient client)
    {
        Begin();
        IsStorm = true;
        (Wires.Loss, Wires.Doubling, Wires.DelayMax) = (Plan.Loss, Plan.Loss / 3, Plan.DelayMax);
        new FaultDriver(this, client).Start();
        Watch();
        client.Start();
        Until(Time.Elapsed + Plan.Storm);
        EndStorm();
        TimeSpan end = Time.Elapsed + Plan.Calm;
        while (Time.Elapsed < end)
        {
            Until(Time.Elapsed + TimeSpan.FromSeconds(1));
            if (!IsSettled()) continue;
            _mergeCrashes = Plan.MergeCrashes;
            foreach (Machine machine in Machines) machine.Disk.CrashAtCall = null;
            return true;
        }

        return false;
    }

    /// <summary>Lets time go on.</summary>
    public void Until(TimeSpan end)
    {
        while (Time.RunNext(end))
        {
            if (_failure is not null) throw _failure;
        }

        if (_failure is not null) throw _failure;
    }

    /// <summary>Something is wrong that was noticed where nobody would see an exception.</summary>
    public SimulationException Fail(string what) => _failure ??= new SimulationException(what);

    /// <summary>True if all owners of every shard count for it, and are up.</summary>
    public bool IsWhole() =>
        _nodes.All(node => node.IsUp && node.Raft?.Known == Raft.Length) && AreOwnersWhole();

    /// <summary>True if all owners of every shard count for it.</summary>
    public bool AreOwnersWhole() =>
        Raft.Latest!.Moves.IsEmpty && Shards.All(shard => OwnersOf(shard).All(owner => owner.IsWhole(shard)));

    /// <summary>The node of that name; null if there is none.</summary>
    public SimulatedNode? Find(NodeId id)
    {
        foreach (SimulatedNode node in _nodes)
        {
            if (node.Self == id) return node;
        }

        return null;
    }

    /// <summary>All machines that call themselves that edge.</summary>
    public IEnumerable<SimulatedEdge> Named(EdgeId edge) =>
        _edges.Concat(_clones).Where(machine => machine.Id == edge);

    public Broker BrokerOf(string name) => _brokers.First(broker => broker.Name == name);

    /// <summary>What slows down everything that a machine sends now.</summary>
    public TimeSpan LagOf(string machine) => Machines.FirstOrDefault(m => m.Name == machine)?.Lag ?? default;

    /// <summary>The number of the next write.</summary>
    public long NextNumber() => ++_number;

    /// <summary>A directory that is no member asks to be one, until it is.</summary>
    public void Admit(SimulatedNode node)
    {
        if (Raft.Latest is null || node.Raft is null) return;
        if (Raft.Latest.Members.Any(member => member.DirectoryId == node.Directory)) return;
        if (Raft.HasMajority(node)) Raft.Commit(new ClusterCommand.Admit(node.AsMember()));
        Machine machine = node;
        Process? program = machine.Program;
        Time.After(AdmitEvery * Chance.NextDouble(), () => program?.Run(() => Admit(node)));
    }

    /// <summary>One more node.</summary>
    public void Grow()
    {
        SimulatedNode node = AddNode();
        Trace.Add($"! {node.Name} joins");
        node.PowerOn(TimeSpan.Zero);
        foreach (SimulatedNode other in _nodes) other.FollowBrokers();
    }

    /// <summary>A machine for the copy of an edge.</summary>
    public SimulatedEdge AddClone(SimulatedEdge edge)
    {
        string name = $"{edge.Name}x";
        Trace.Add($"! {name} is a clone");
        SimulatedEdge clone = new(this, name, edge.Id, new PointTruth(edge.Truth), "x");
        _clones.Add(clone);
        return clone;
    }

    /// <summary>What hinders the end, for people.</summary>
    public string Report()
    {
        IEnumerable<string> nodes = _nodes.Select(node =>
            $"{node.Name}: up {node.IsUp}, leaves {node.Held.LeafCount} "
            + $"in {node.Held.FileCount} files, whole "
            + string.Join(' ', Shards.Where(node.IsWhole).Select(shard => shard.Value)));
        return string.Join('\n', _edges.Select(edge => edge.Report).Concat(nodes));
    }

    private void Watch()
    {
        Durable.RequireReadable();
        Time.After(WatchEvery, Watch);
    }

    // Former owners have given away what they had: until then their successors may get more.
    private bool IsSettled() => IsWhole() && _edges.All(edge => edge.IsQuiet)
        && _nodes.All(node => node.Held.ShardDigests(ShardCount).Keys.All(shard => OwnersOf(shard)
            .Contains(node)))
        && Machines.All(machine => !machine.IsLate)
        && _nodes.All(node => !ReplicaPurgePolicy.Left(node.Held, Raft.Latest!.Erasures).Any())
        && _nodes.All(node => _nodes.All(other => node.Raft!.IsLive(other.Self))) && Shards.All(shard =>
        OwnersOf(shard).Select(node => node.Held.ShardDigests(ShardCount).GetValueOrDefault(shard))
            .Distinct().Count() == 1);

    /// <summary>Who owns a shard now.</summary>
    public IEnumerable<SimulatedNode> OwnersOf(ShardId shard) =>
        Placement.Owners(Raft.Latest!, shard).Select(owner => Find(owner)!);

    private SimulatedNode AddNode()
    {
        string name = $"C{_nodes.Count + 1}";
        Broker? broker = Plan.OutsideBrokers == 0 ? new Broker(this, name) : null;
        if (broker is not null) _brokers.Add(broker);
        SimulatedNode node = new(this, new NodeId(name)) { Broker = broker };
        _nodes.Add(node);
        return node;
    }

    // The cluster is founded in peace: how that goes through failures is the consensus engine's.
    private void Begin()
    {
        if (Plan.OutsideBrokers > 0)
        {
            foreach (Broker broker in _brokers) broker.Start();
        }

        foreach (SimulatedNode node in _nodes) node.PowerOn(TimeSpan.Zero);
        Until(TimeSpan.FromMilliseconds(1));
        Raft.Found(new ClusterConfiguration
        {
            Id = new ClusterId(new Guid(1, 2, 3, new byte[8])),
            Epoch = new Epoch(1),
            Members = [.. _nodes.Select(node => node.AsMember())],
            ShardCount = ShardCount,
            ReplicationFactor = Plan.Replication,
            WriteQuorumAsked = Plan.WriteQuorum,
            Edges = ImmutableSortedDictionary<EdgeId, EdgeRegistration>.Empty,
            Databases = ImmutableSortedDictionary<string, DatabaseSettings>.Empty,
        });
        foreach (SimulatedEdge edge in _edges) edge.PowerOn(TimeSpan.FromSeconds(Chance.NextDouble()));
    }

    private void EndStorm()
    {
        IsStorm = false;
        Trace.Add("* the storm ends");
        Wires.Heal();
        (Wires.Loss, Wires.Doubling, Wires.DelayMax) = (0, 0, TimeSpan.FromMilliseconds(20));
        foreach (SimulatedEdge clone in _clones) clone.Retire();
        foreach (Machine machine in Machines)
        {
            machine.Disk.CrashAtCall = null;
            machine.Disk.CapacityBytes = long.MaxValue;
        }

        foreach (SimulatedEdge edge in _edges) edge.Pause(isPaused: false);
        if (Plan.OutsideBrokers == 0) return;
        foreach (Broker broker in _brokers) broker.Start();
    }
}
