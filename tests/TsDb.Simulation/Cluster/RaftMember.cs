using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;
using TsDb.Simulation.Fleet;
using TsDb.Simulation.Machines;
using TsDb.Simulation.Nodes;

namespace TsDb.Simulation.Cluster;

/// <summary>One start of a node as a member: the prefix of the log that it knows, and whom it thinks alive.
/// </summary>
internal sealed class RaftMember(World world, SimulatedNode node, Process program, int known) : IClusterState
{
    private static readonly TimeSpan BeatEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan DeadAfter = TimeSpan.FromSeconds(2);

    private readonly Dictionary<NodeId, TimeSpan> _heardAt = [];
    private readonly ActingConfiguration _acting = ActingConfiguration.Open(node.Disk);

    public event Action<ClusterConfiguration>? Changed;

    public NodeId Self => node.Self;

    public ClusterConfiguration? Current => _acting.Current;

    /// <summary>How much of the log it knows.</summary>
    public int Known { get; private set; }

    public bool IsLive(NodeId other) => other == Self
        || (_heardAt.TryGetValue(other, out TimeSpan at) && world.Time.Elapsed - at < DeadAfter);

    public Task RegisterAsync(EdgeId edge, Incarnation incarnation, CancellationToken ct) => ChangeAsync(
        new ClusterCommand.RegisterEdge(edge, incarnation),
        now => now.Edges.GetValueOrDefault(edge)?.Incarnations.Contains(incarnation) == true,
        ct);

    public async Task ChangeAsync(
        ClusterCommand command, Func<ClusterConfiguration, bool> isApplied, CancellationToken ct)
    {
        if (Current is { } current && isApplied(current)) return;
        TaskCompletionSource<bool> done = new();
        await using CancellationTokenRegistration given = ct.Register(() => done.TrySetCanceled(ct));
        bool isUnheard = world.Wires.IsLost();
        world.Time.After(world.Wires.Delay(), () => program.Run(() =>
        {
            if (!world.Raft.HasMajority(node)) return;
            world.Raft.Commit(command);
            if (isUnheard) return;
            FollowTo(world.Raft.Length);
            done.TrySetResult(true);
        }));
        await done.Task;
    }

    /// <summary>Begins to listen for the others, with what its own log tells.</summary>
    public void Start()
    {
        if (known > 0) FollowTo(known);
        Beat();
    }

    /// <summary>Learns of the log up to there.</summary>
    public void FollowTo(int length)
    {
        if (Known >= length) return;
        ClusterConfiguration next = world.Raft.At(length);

        // A wiped directory is no member until it has been admitted: the old log is not its own.
        if (Current is null && !IsOf(next, node)) return;
        program.Run(() =>
        {
            try
            {
                bool isNews = _acting.TryTake(next);
                Known = length;
                if (isNews) Changed?.Invoke(next);
            }
            catch (IOException e)
            {
                world.Trace.Add($"! {node.Name} cannot keep its epoch: {e.Message}");
            }
        });
    }

    private static bool IsOf(ClusterConfiguration configuration, SimulatedNode node) =>
        configuration.Members.Any(m => m.DirectoryId == node.Directory);

    private void Beat()
    {
        if (!program.IsAlive) return;
        foreach (SimulatedNode other in world.Nodes)
        {
            if (other.IsUp && world.Wires.PassesBothWays(node.Name, other.Name) && !world.Wires.IsLost())
                _heardAt[other.Self] = world.Time.Elapsed;
        }

        world.Time.After(BeatEvery, Beat);
    }
}
