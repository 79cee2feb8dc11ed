using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;
using TsDb.Replication.Repair;
using TsDb.Simulation.Link;

namespace TsDb.Simulation.Fleet;

/// <summary>
/// Edges and cloud nodes of production on one seed, one thread and one clock, over faulty disks and a faulty
/// broker. Raft is the world's: every node knows the configuration of now (fault model: it is never wrong,
/// only the nodes are down). Calls between nodes are lost as messages are.
/// </summary>
public sealed class FleetWorld : IPeerLink
{
    private static readonly TimeSpan StepLength = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan NodeTick = TimeSpan.FromMilliseconds(250);

    private readonly Random _chance;
    private readonly DateTimeOffset _startedAt;
    private long _value;

    /// <summary>A fleet before its first step.</summary>
    public FleetWorld(FleetOptions options)
    {
        Options = options;
        _chance = new Random(options.Seed);
        _startedAt = Clock.GetUtcNow();
        Link = new FaultyLink(new Random(options.Seed + 1), Trace);
        Nodes =
        [
            .. Enumerable.Range(1, options.Nodes)
                .Select(n => new SimulatedNode(this, new NodeId($"C{n}"), (options.Seed * 100) + n)),
        ];
        Edges =
        [
            .. Enumerable.Range(1, options.Edges)
                .Select(n => new SimulatedEdge(this, $"E{n}", (options.Seed * 100) + 50 + n)),
        ];
        Cluster = new ClusterConfiguration
        {
            Id = new ClusterId(new Guid(1, 2, 3, new byte[8])),
            Epoch = new Epoch(1),
            Members = [.. Nodes.Select((node, i) => Member(node.Self, i))],
            ShardCount = 4,
            ReplicationFactor = options.Replication,
            WriteQuorumAsked = 0,
            Edges = ImmutableSortedDictionary<EdgeId, EdgeRegistration>.Empty,
            Databases = ImmutableSortedDictionary<string, DatabaseSettings>.Empty,
        };
    }

    /// <summary>The fleet's parameters.</summary>
    public FleetOptions Options { get; }

    /// <summary>The one clock.</summary>
    public FakeTimeProvider Clock { get; } = new();

    /// <summary>Its time.</summary>
    public DateTimeOffset Now => Clock.GetUtcNow();

    /// <summary>Since the first step.</summary>
    public TimeSpan Elapsed => Now - _startedAt;

    /// <summary>The broker.</summary>
    public FaultyLink Link { get; }

    /// <summary>Topic names.</summary>
    public ShipmentTopics Topics { get; } = new("sim");

    /// <summary>What happened.</summary>
    public TraceHash Trace { get; } = new();

    /// <summary>The cloud nodes.</summary>
    public ImmutableArray<SimulatedNode> Nodes { get; }

    /// <summary>The edges.</summary>
    public ImmutableArray<SimulatedEdge> Edges { get; }

    /// <summary>The configuration of now.</summary>
    public ClusterConfiguration Cluster { get; private set; }

    /// <summary>True while clients write and faults happen.</summary>
    public bool IsStorm { get; private set; }

    /// <summary>True in the steps in which nodes look at their timers.</summary>
    public bool IsNodeTick => Elapsed.Ticks % NodeTick.Ticks == 0;

    /// <summary>
    /// Runs the storm, then the calm until everything is in place. True if it came to that.
    /// </summary>
    public bool Run()
    {
        (IsStorm, Link.Loss, Link.Doubling, Link.DelayMax) =
            (true, Options.Loss, Options.Loss / 3, TimeSpan.FromSeconds(1));
        DateTimeOffset calm = Now + Options.Storm;
        while (Now < calm) Step();
        (IsStorm, Link.Loss, Link.Doubling, Link.DelayMax) = (false, 0, 0, TimeSpan.FromMilliseconds(20));
        foreach (Machine machine in Machines) machine.Disk.CrashAtCall = null;
        DateTimeOffset end = calm + Options.Calm;
        while (Now < end)
        {
            for (int i = 0; i < 20; i++) Step();
            if (Edges.All(edge => edge.IsQuiet) && FleetTruth.IsSettled(this)) return true;
        }

        return false;
    }

    /// <summary>
    /// True with a chance that makes it happen once in that time on average, in the storm only.
    /// </summary>
    internal bool Happens(TimeSpan every) => IsStorm && _chance.NextDouble() < StepLength / every;

    internal long NextValue() => ++_value;

    internal Guid NewId()
    {
        byte[] bytes = new byte[16];
        _chance.NextBytes(bytes);
        return new Guid(bytes);
    }

    internal void Register(EdgeId edge, Incarnation incarnation)
    {
        ClusterCommand.RegisterEdge command = new(edge, incarnation);
        if (ClusterStateMachine.Apply(Cluster, command) is not { } next) return;
        Cluster = next;
        foreach (SimulatedNode node in Nodes) node.Guarded(node.Configure);
    }

    /// <summary>Whoever calls a leaf durable must be right at that moment.</summary>
    internal void CheckDurable(ContentHash hash)
    {
        int holders = Nodes.Count(node => node.Holds(hash));
        Assert.True(
            holders >= Cluster.WriteQuorum,
            $"seed {Options.Seed}: {hash} was called durable and is on {holders} disks");
    }

    /// <inheritdoc/>
    public Task<StoredReply> StoredAsync(NodeId node, StoredNotice notice, CancellationToken ct) =>
        Ask(node, desk => desk.StoredAsync(notice, ct).AsTask().GetAwaiter().GetResult());

    /// <inheritdoc/>
    public Task<ImmutableArray<ShardDigest>> ShardDigestsAsync(
        NodeId node, ImmutableArray<ShardId> shards, CancellationToken ct) =>
        Ask(node, desk => desk.ShardDigests(shards));

    /// <inheritdoc/>
    public Task<ImmutableArray<DayDigest>> DayDigestsAsync(
        NodeId node, ShardId shard, CancellationToken ct) =>
        Ask(node, desk => desk.DayDigests(shard));

    /// <inheritdoc/>
    public Task<ImmutableArray<ListedLeaf>> LeavesAsync(
        NodeId node, ShardId shard, TableId table, Day day, CancellationToken ct) =>
        Ask(node, desk => desk.Leaves(shard, table, day));

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>> FetchAsync(
        NodeId node, Leaf leaf, long offset, int bytesMax, CancellationToken ct) =>
        Ask(node, desk => desk.Fetch(leaf, offset, Math.Min(bytesMax, 4_000)));

    private IEnumerable<Machine> Machines => [.. Nodes, .. Edges];

    private void Step()
    {
        Clock.Advance(StepLength);
        Link.Deliver(Now);
        foreach (Machine machine in Machines) machine.Step();
    }

    private Task<T> Ask<T>(NodeId id, Func<PeerDesk, T> question)
    {
        SimulatedNode node = Nodes.Single(n => n.Self == id);
        bool isLost = _chance.NextDouble() < Link.Loss;
        T? answer = default;
        Exception? refused = null;
        bool isAnswered = false;
        if (node.Desk is { } desk && !isLost)
        {
            node.Guarded(() =>
            {
                try
                {
                    answer = question(desk);
                    isAnswered = true;
                }
                catch (TsDbException e)
                {
                    refused = e;
                }
            });
        }

        if (refused is not null) return Task.FromException<T>(refused);
        return isAnswered
            ? Task.FromResult(answer!)
            : Task.FromException<T>(new TsDbException(ErrorKind.Unavailable, $"{id} does not answer"));
    }

    private static Member Member(NodeId id, int number) => new()
    {
        Id = id,
        DirectoryId = new Guid(number, 0, 0, new byte[8]),
        HttpAddress = "",
        FlightAddress = "",
        ClusterAddress = "",
        BrokerAddress = "",
    };
}
