using TsDb.Replication.Cluster;
using TsDb.Replication.Receiving;
using TsDb.Simulation.Edges;
using TsDb.Simulation.Machines;
using TsDb.Simulation.Network;
using TsDb.Simulation.Nodes;
using TsDb.Simulation.Truth;

namespace TsDb.Simulation.Fleet;

/// <summary>Lets the faults of the plan happen while the storm lasts.</summary>
internal sealed class FaultDriver(World world, QueryClient client)
{
    private static readonly TimeSpan BackUpEvery = TimeSpan.FromSeconds(1.5);

    private readonly FaultPlan _plan = world.Plan;
    private bool _isBetweenCuts;

    private Random Chance => world.Chance;

    /// <summary>Sets all faults going.</summary>
    public void Start()
    {
        Every(_plan.PowerLossEvery, LosePower);
        Every(_plan.KillEvery, () => Any(world.Machines).Kill("killed"));
        Every(_plan.BreakEvery, Break);
        Every(_plan.BrokerRestartEvery, RestartBroker);
        Every(_plan.CutEvery, Cut);
        Every(_plan.FullEvery, Fill);
        Every(_plan.HangEvery, () => Any(world.Machines).Stall(Seconds(1, 8)));
        Every(_plan.PauseEvery, Pause);
        Every(_plan.EraseEvery, Erase);
        if (_plan.ClocksAreWrong) Every(TimeSpan.FromSeconds(5), Jump);
        if (_plan.Restores) Once(() => Restore(Any(world.Edges)));
        if (_plan.Wipes) Once(() => Wipe(Any(world.Edges)));
        if (_plan.Clones) Once(() => Clone(Any(world.Edges)));
        if (_plan.LosesFiles) Every(TimeSpan.FromSeconds(4), LoseFile);
        if (_plan.EmptiesNodes) Every(TimeSpan.FromSeconds(6), EmptyNode);
        if (_plan.EmptiesNodes || _plan.EmptiesBetweenCuts || _plan.EmptiesAfterLateWords) BackUp(0);
        if (_plan.Grows) Once(Grow);
        if (_plan.GrowsWhileDown) world.Time.After(Seconds(2, 8), GrowWhileDown);
        if (_plan.MakesTable) Once(MakeTable);
        if (_plan.ForksOwners) Every(TimeSpan.FromSeconds(4), ForkOwners);
        if (_plan.ShipsFrom is { } uplinks)
            world.Time.After(uplinks * (0.4 + (0.6 * Chance.NextDouble())), () => Restore(Any(world.Edges)));
        if (_plan.EmptiesBetweenCuts) Every(TimeSpan.FromSeconds(4), EmptyBetweenCuts);
        if (_plan.EmptiesAfterLateWords) Every(TimeSpan.FromSeconds(4), EmptyAfterLateWords);
    }

    private void Every(TimeSpan? mean, Action fault)
    {
        if (mean is not { } time) return;
        TimeSpan next = time * -Math.Log(1 - Chance.NextDouble());
        world.Time.After(next, () =>
        {
            if (!world.IsStorm) return;
            fault();
            Every(mean, fault);
        });
    }

    private void Once(Action fault)
    {
        TimeSpan at = _plan.Storm * (0.2 + (0.7 * Chance.NextDouble()));
        world.Time.After(at, () =>
        {
            if (world.IsStorm) fault();
        });
    }

    // At one of the next calls of the disk, or between two of them.
    private void LosePower()
    {
        Machine machine = Any(world.Machines);
        if (Chance.Next(4) == 0) machine.PullThePlug();
        else if (machine.IsUp) machine.Disk.CrashAtCall = machine.Disk.Calls + 1 + Chance.Next(25);
    }

    private void Break()
    {
        Machine machine = Any(world.Machines);
        if (machine is SimulatedEdge edge) edge.BreakLink();
        if (machine is SimulatedNode node) node.BreakLink();
    }

    private void RestartBroker()
    {
        Broker broker = Any(world.Brokers);
        if (_plan.OutsideBrokers == 0)
        {
            if (world.Nodes.FirstOrDefault(n => n.Broker == broker) is { } host) host.Kill("killed");
            return;
        }

        broker.Stop();
        world.Time.After(Seconds(0, 5), broker.Start);
    }

    // One side of a cut line does not reach the other; sometimes only in one direction.
    private void Cut()
    {
        string[] names =
            [.. world.Machines.Select(m => m.Name).Concat(world.Brokers.Select(b => b.Name)).Distinct()];
        HashSet<string> side = [.. names.Where(_ => Chance.Next(3) == 0)];
        bool isOneWay = Chance.Next(3) == 0;
        TimeSpan length = Seconds(1, 12);
        world.Trace.Add($"! cut off{(isOneWay ? " one way" : "")}: {string.Join(' ', side)}");
        foreach (string inside in side)
        {
            foreach (string outside in names.Where(name => !side.Contains(name)))
            {
                world.Wires.Cut(inside, outside, length);
                if (!isOneWay) world.Wires.Cut(outside, inside, length);
            }
        }
    }

    private void Fill()
    {
        Machine machine = Any(world.Machines);
        machine.Disk.CapacityBytes = machine.Disk.UsedBytes + Chance.Next(6_000);
        world.Trace.Add($"! {machine.Name} has a full disk");
        world.Time.After(Seconds(1, 8), () => machine.Disk.CapacityBytes = long.MaxValue);
    }

    private void Pause()
    {
        SimulatedEdge edge = Any(world.Edges);
        edge.Pause(isPaused: true);
        world.Time.After(Seconds(1, 6), () => edge.Pause(isPaused: false));
    }

    private void Jump()
    {
        Machine machine = Any(world.Machines);
        machine.Skew += TimeSpan.FromSeconds(Chance.Next(-40, 40));
        world.Trace.Add($"! {machine.Name} has its clock wrong by {machine.Skew.TotalSeconds:0} s");
    }

    // Sometimes it cuts for a while before it hears that it is not what it was.
    private void Restore(SimulatedEdge edge)
    {
        if (!edge.IsUp) return;
        IReadOnlyDictionary<string, byte[]> copy = edge.Disk.Backup();
        var floors = edge.Truth.Floors();
        world.Time.After(Seconds(1, 8), () =>
        {
            if (!world.IsStorm) return;
            ComeBack(edge, copy, floors);
            if (Chance.Next(2) == 0) CutOff(edge, Seconds(3, 15));
        });
    }

    private void ComeBack(
        SimulatedEdge edge,
        IReadOnlyDictionary<string, byte[]> copy,
        IReadOnlyDictionary<PointKey, long[]> floors)
    {
        // See decision 0022 on what is left open: lives that have not met, and the rows of the second gone.
        if (edge.IsApart()) return;
        world.Trace.Add($"! {edge.Name} comes back from an old copy");
        edge.PullThePlug();
        edge.Disk.PutBack(copy);
        edge.Truth.Regress(floors, world.Durable.PointsOf(edge.Id));
    }

    // Each of two owners hears of one life only, and could merge what it has of it.
    private void ForkOwners()
    {
        SimulatedEdge edge = Any(world.Edges);
        SimulatedNode[] owners = [.. world.OwnersOf(Any(World.Shards))];
        if (_isBetweenCuts || !edge.IsUp || owners.Length < 2 || !world.IsWhole()) return;
        Chance.Shuffle(owners);
        _isBetweenCuts = true;
        IReadOnlyDictionary<string, byte[]> copy = edge.Disk.Backup();
        IReadOnlyDictionary<PointKey, long[]> floors = edge.Truth.Floors();
        TimeSpan first = Seconds(4, 8);
        foreach (SimulatedNode other in owners[1..]) CutOff(other, first);
        world.Time.After(first, () =>
        {
            _isBetweenCuts = false;
            if (!world.IsStorm) return;
            ComeBack(edge, copy, floors);
            CutOff(owners[0], Seconds(10, 16));
        });
    }

    private void Wipe(SimulatedEdge edge)
    {
        if (edge.IsApart()) return;
        world.Trace.Add($"! {edge.Name} has an empty disk");
        edge.PullThePlug();
        edge.Disk.PutBack(new Dictionary<string, byte[]>());
        edge.Truth.Regress(new Dictionary<PointKey, long[]>(), world.Durable.PointsOf(edge.Id));
    }

    private void Clone(SimulatedEdge edge)
    {
        if (!edge.IsUp) return;
        SimulatedEdge clone = world.AddClone(edge);
        clone.Disk.PutBack(edge.Disk.Backup());
        clone.PowerOn(TimeSpan.Zero);
    }

    // Only what the replicas can bear: one disk at a time, and never the last copy of anything durable.
    private void EmptyNode()
    {
        SimulatedNode node = Any(world.Nodes);
        if (world.Raft.Latest!.WriteQuorum < 2 || !world.IsWhole() || !world.Durable.IsSpare(node)) return;
        node.EmptyDisk();
    }

    // One node after the other; what comes back of it is seconds old, and much has become durable since.
    private void BackUp(int turn) => world.Time.After(BackUpEvery, () =>
    {
        if (!world.IsStorm) return;
        world.Nodes[turn % world.Nodes.Count].BackUp();
        BackUp(turn + 1);
    });

    // One file of one node, of whose leaves the edge or another node has the rows.
    private void LoseFile()
    {
        SimulatedNode node = Any(world.Nodes);
        StoredFile[] files = [.. node.Held.Files];
        if (files.Length == 0 || !node.IsUp || !world.AreOwnersWhole()) return;
        StoredFile file = Any(files);
        bool isElsewhere = file.Leaves.All(leaf =>
            world.Edges.Any(edge => edge.Id == leaf.Cell.Edge && edge.Holds(leaf))
            || world.Nodes.Any(other => other != node && other.Held.Find(leaf) is not null));
        if (isElsewhere) node.LoseFile(file);
    }

    // Three owners. The first sleeps through a while, in which leaves become durable on the others. Then the
    // second loses its disk, and the third, which alone has those leaves now, is not reached for a while.
    private void EmptyBetweenCuts()
    {
        if (_isBetweenCuts || world.Raft.Latest!.WriteQuorum < 2 || !world.IsWhole()) return;
        SimulatedNode[] owners = [.. world.OwnersOf(Any(World.Shards))];
        Chance.Shuffle(owners);
        if (owners.Length < 3) return;
        _isBetweenCuts = true;
        TimeSpan sleep = Seconds(2, 6);
        CutOff(owners[0], sleep);
        world.Time.After(sleep, () =>
        {
            _isBetweenCuts = false;
            bool isAllowed = world.IsStorm && world.AreOwnersWhole() && world.Durable.IsSpare(owners[1]);
            if (!isAllowed || !owners[0].IsUp) return;
            TimeSpan silence = Seconds(3, 8);
            CutOff(owners[2], silence);
            owners[1].EmptyDisk();
            owners[1].PowerOn(TimeSpan.FromSeconds(Chance.NextDouble()));
            for (TimeSpan at = TimeSpan.Zero; at < silence; at += TimeSpan.FromMilliseconds(700))
                world.Time.After(at, () => client.AskAt(owners[Chance.Next(2)]));
        });
    }

    // Nobody reaches the node, and what it says of the leaves that it stores meanwhile lies in sockets until
    // it is another one under the same name.
    private void EmptyAfterLateWords()
    {
        if (_isBetweenCuts || world.Raft.Latest!.WriteQuorum < 2 || !world.IsWhole()) return;
        SimulatedNode node = Any(world.Nodes);
        _isBetweenCuts = true;
        TimeSpan silence = Seconds(1, 4);
        world.Trace.Add($"! {node.Name} is read late, for {silence.TotalMilliseconds:0} ms");
        node.WordsReadFrom = world.Time.Now + silence;
        foreach (SimulatedNode other in world.Nodes)
            if (other != node) world.Wires.Cut(other.Name, node.Name, silence);
        world.Time.After(silence, () =>
        {
            _isBetweenCuts = false;
            bool isAllowed = world.IsStorm && world.AreOwnersWhole() && world.Durable.IsSpare(node);
            if (!isAllowed || !node.IsUp) return;
            node.EmptyDisk();
            node.PowerOn(TimeSpan.FromSeconds(Chance.NextDouble()));
        });
    }

    // A node learns from all edges that they have no such table. Then one has it, and is asked before the
    // cloud hears of it otherwise.
    private void MakeTable()
    {
        SimulatedNode node = Any(world.Nodes);
        client.AskFresh(node, EdgeClient.LateTable);
        world.Time.After(Seconds(1, 3), () =>
        {
            if (!world.IsStorm) return;
            SimulatedEdge edge = Any(world.Edges);
            world.Trace.Add($"! {edge.Name} gets another table");
            edge.WriteLateTable();
            for (int i = 0; i < 10; i++)
            {
                world.Time.After(
                    TimeSpan.FromMilliseconds(400 * i), () => client.AskFresh(node, EdgeClient.LateTable));
            }
        });
    }

    private void CutOff(Machine machine, TimeSpan length)
    {
        world.Trace.Add($"! cut off: {machine.Name}, for {length.TotalMilliseconds:0} ms");
        foreach (string other in world.Machines.Select(m => m.Name).Concat(world.Brokers.Select(b => b.Name)))
        {
            if (other == machine.Name) continue;
            world.Wires.Cut(machine.Name, other, length);
            world.Wires.Cut(other, machine.Name, length);
        }
    }

    // As an operator would: not while a replica is still being made anew.
    private void Grow()
    {
        if (!world.IsStorm) return;
        if (world.IsWhole()) world.Grow();
        else world.Time.After(TimeSpan.FromSeconds(1), Grow);
    }

    // The operator has a spare join for one that is down, which comes back all the same.
    private void GrowWhileDown()
    {
        if (!world.IsStorm) return;
        if (!world.IsWhole())
        {
            world.Time.After(TimeSpan.FromSeconds(1), GrowWhileDown);
            return;
        }

        SimulatedNode node = Any(world.Nodes);
        TimeSpan down = Seconds(14, 30);
        world.Trace.Add($"! {node.Name} stays down for {down.TotalMilliseconds:0} ms");
        node.StayDown(down);
        world.Grow();
    }

    // Some series up to a moment among those that are written just now; or one of the tombstones is made
    // final, or lifted, which is without effect if it is final.
    private void Erase()
    {
        SimulatedNode node = Any(world.Nodes);
        if (!world.Raft.HasMajority(node)) return;
        long[] inForce =
        [
            .. world.Raft.Latest!.Erasures.Tombstones.Where(t => t.LiftedBy is null).Select(t => t.Number),
        ];
        world.Raft.Commit(inForce.Length == 0 ? EdgeClient.Erase(world.Time.Elapsed, Chance)
            : Chance.Next(5) switch
            {
                0 => new ClusterCommand.LiftErasure(Any(inForce)),
                1 => new ClusterCommand.MakeErasureFinal(Any(inForce)),
                _ => EdgeClient.Erase(world.Time.Elapsed, Chance),
            });
        node.Raft?.FollowTo(world.Raft.Length);

        // Whoever erases looks at once: the others may not have heard of it.
        client.AskAt(node);
    }

    private TimeSpan Seconds(int least, int most) =>
        TimeSpan.FromSeconds(least + ((most - least) * Chance.NextDouble()));

    private T Any<T>(IReadOnlyList<T> among) => among[Chance.Next(among.Count)];
}
