// The fault model of the consensus engine.
//
// What is committed is never lost and never changes, and there is one order of it. A member sees a prefix of
// that order: it may be late for any time, also behind what it had seen before a restart, but never wrong. A
// change needs a majority of the members that are up and reach each other with the asker; without it the
// asker is told so, or hears nothing until its patience ends, and the change may have happened all the same.
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Simulation.Fleet;
using TsDb.Simulation.Nodes;

namespace TsDb.Simulation.Cluster;

/// <summary>The log of the cluster's configuration.</summary>
internal sealed class SimulatedRaft(World world)
{
    private static readonly TimeSpan CatchUpEvery = TimeSpan.FromMilliseconds(500);

    private readonly List<ClusterConfiguration> _log = [];

    /// <summary>The configuration of now; null before the founding.</summary>
    public ClusterConfiguration? Latest => _log.Count == 0 ? null : _log[^1];

    /// <summary>Number of committed changes.</summary>
    public int Length => _log.Count;

    /// <summary>The last configuration of an epoch.</summary>
    public ClusterConfiguration Of(Epoch epoch) => _log.Last(configuration => configuration.Epoch == epoch);

    public ClusterConfiguration At(int index) => _log[index - 1];

    public void Found(ClusterConfiguration configuration)
    {
        _log.Add(configuration);
        CatchUp();
    }

    /// <summary>Commits a change if it is one.</summary>
    public void Commit(ClusterCommand command)
    {
        if (ClusterStateMachine.Apply(Latest, command) is not { } next || next == Latest) return;
        world.Trace.Add($"* {command}");
        _log.Add(next);
    }

    /// <summary>True if the node could lead, or reach who leads.</summary>
    public bool HasMajority(SimulatedNode node)
    {
        int reached = Latest!.Members.Count(member => world.Find(member.Id) is { IsUp: true } other
            && (other == node || world.Wires.PassesBothWays(node.Name, other.Name)));
        return reached > Latest.Members.Length / 2;
    }

    private void CatchUp()
    {
        foreach (SimulatedNode node in world.Nodes)
        {
            if (node.Raft is { } member && HasMajority(node)) member.FollowTo(Length);
        }

        world.Time.After(CatchUpEvery * (0.5 + world.Chance.NextDouble()), CatchUp);
    }
}
