using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Cluster;

namespace TsDb.Tests.Replication.Cluster;

/// <summary>Shards move by two sets of owners at once, and by no more than they have to.</summary>
public sealed class ShardMovesTests
{
    private const int ShardCount = 64;

    [Fact]
    public void A_fourth_node_takes_over_its_share_and_nothing_else_moves()
    {
        ClusterConfiguration three = Founded(3);
        ClusterConfiguration four = Apply(three, new ClusterCommand.Admit(Node(4)));
        NodeId added = new("n4");
        Assert.NotEmpty(four.Moves);
        foreach (ShardMove move in four.Moves)
        {
            ImmutableArray<NodeId> now = Placement.Owners(four, move.Shard);
            Assert.Equal([added], now.Except(move.From));
            Assert.Equal(Placement.Owners(three, move.Shard).Order(), move.From.Order());
            Assert.Equal(four.Epoch, move.Since);
        }

        // Three quarters of the shards have a replica there: what moves is what has to be there.
        Assert.InRange(four.Moves.Length, 40, 56);
    }

    [Fact]
    public void A_move_is_handed_over_when_all_have_arrived_and_ends_when_it_is_said()
    {
        ClusterConfiguration four = Apply(Founded(3), new ClusterCommand.Admit(Node(4)));
        ShardMove move = four.Moves[0];
        ShardOwners owners = Placement.Of(four, move.Shard);
        Assert.Equal(move.From, owners.Readers);
        Assert.Equal(4, owners.All.Length);
        ClusterConfiguration now = Arrived(four, owners.Now[..2], move);
        Assert.False(now.MoveOf(move.Shard)!.IsHandedOver);
        Assert.Equal(four.Epoch, now.Epoch);
        now = Arrived(now, owners.Now[2..], move);
        Assert.True(now.MoveOf(move.Shard)!.IsHandedOver);
        Assert.NotEqual(four.Epoch, now.Epoch);
        Assert.Equal(owners.Now, Placement.Of(now, move.Shard).Readers);
        Assert.Equal(4, Placement.Of(now, move.Shard).All.Length);
        ClusterConfiguration ended = Apply(now, new ClusterCommand.EndMoves([NameOf(move)]));
        Assert.Null(ended.MoveOf(move.Shard));
        Assert.Equal(3, Placement.Of(ended, move.Shard).All.Length);
    }

    [Fact]
    public void A_dead_owner_of_before_and_after_keeps_no_shard_waiting_a_dead_newcomer_does()
    {
        ClusterConfiguration four = Apply(Founded(3), new ClusterCommand.Admit(Node(4)));
        Assert.Same(four, Excuse(four, "n3", "n4"));
        ClusterConfiguration now = Excuse(AllArrivedBut(four, "n3"), "n3");
        Assert.All(now.Moves, move => Assert.True(move.IsHandedOver));
        Assert.Empty(MoveWaits.Of(now));

        // What a newcomer does not have, nobody can say that it has.
        now = AllArrivedBut(four, "n4");
        Assert.Same(now, Excuse(now, "n4"));
        Assert.Equal([new NodeId("n4")], MoveWaits.Of(now).Keys);
        Assert.Equal(four.Moves.Length, MoveWaits.Of(now)[new NodeId("n4")]);
    }

    [Fact]
    public void A_dead_owner_is_waited_for_where_its_absence_leaves_too_few_that_have_all()
    {
        ClusterConfiguration three = Apply(
            Founded(3), new ClusterCommand.SetReplication(3, WriteQuorumAsked: 3));
        Assert.Equal(ShardCount, three.Moves.Length);
        three = AllArrivedBut(three, "n3");
        Assert.Same(three, Excuse(three, "n3"));
        ClusterConfiguration two = Apply(Founded(3), new ClusterCommand.SetReplication(2, 0));
        two = AllArrivedBut(two, "n3");
        Assert.NotEmpty(MoveWaits.Of(two));
        Assert.Contains(two.Moves, move => !move.IsHandedOver);
        Assert.Same(two, Excuse(two, "n3"));

        // The other way round less is asked of them than they have.
        ClusterConfiguration one = Apply(Founded(3), new ClusterCommand.SetReplication(3, 1));
        Assert.Empty(MoveWaits.Of(Excuse(AllArrivedBut(one, "n3"), "n3")));
    }

    [Fact]
    public void Only_who_has_been_silent_for_the_grace_is_not_waited_for_and_one_owner_says_so()
    {
        ClusterConfiguration now = AllArrivedBut(
            Apply(Founded(3), new ClusterCommand.Admit(Node(4))), "n3");
        DateTimeOffset start = DateTimeOffset.UnixEpoch;
        NodeId silent = new("n3");
        int said = 0;
        foreach (Member member in now.Members.Where(m => m.Id != silent))
        {
            MoveWatch watch = new(member.Id, TimeSpan.FromSeconds(10));
            Assert.Empty(watch.Excused(now, node => node != silent, start));
            Assert.Empty(watch.Excused(now, node => node != silent, start.AddSeconds(9)));
            said += watch.Excused(now, node => node != silent, start.AddSeconds(10))
                .Sum(arrived => arrived.Shards.Length);
            Assert.Empty(watch.Excused(now, _ => true, start.AddSeconds(11)));
            Assert.Empty(watch.Excused(now, node => node != silent, start.AddSeconds(12)));
        }

        Assert.Equal(MoveWaits.Of(now)[silent], said);

        // A stranger to the shards has nothing to say, nor has one that hears nobody.
        MoveWatch stranger = new(new NodeId("n9"), TimeSpan.Zero);
        Assert.Empty(stranger.Excused(now, node => node.Value == "n9", start));
    }

    [Fact]
    public void Words_about_an_earlier_move_of_strangers_or_of_another_directory_change_nothing()
    {
        ClusterConfiguration four = Apply(Founded(3), new ClusterCommand.Admit(Node(4)));
        ShardMove move = four.Moves[0];
        NodeId owner = Placement.Owners(four, move.Shard)[0];
        Guid directory = four.Members.Single(m => m.Id == owner).DirectoryId;
        ShardArrival earlier = new(move.Shard, new Epoch(move.Since.Value - 1));
        Assert.Same(four, Apply(four, new ClusterCommand.Arrive(owner, directory, [earlier])));
        Assert.Same(four, Apply(four, new ClusterCommand.Arrive(owner, Id(99), [NameOf(move)])));
        Assert.Same(four, Apply(four, new ClusterCommand.EndMoves([NameOf(move)])));
    }

    [Fact]
    public void While_it_moves_a_leaf_needs_both_quorums_and_a_newcomer_counts_for_its_set_only()
    {
        ClusterConfiguration four = Apply(Founded(3), new ClusterCommand.Admit(Node(4)));
        ShardMove move = four.Moves[0];
        ShardOwners owners = Placement.Of(four, move.Shard);
        NodeId added = new("n4");
        NodeId[] stay = [.. owners.Now.Where(move.From.Contains)];
        NodeId leaves = move.From.Single(node => !owners.Now.Contains(node));
        Assert.True(owners.IsDurable(stay, stay));
        Assert.False(owners.IsDurable([stay[0]], [stay[0], added]));
        Assert.False(owners.IsDurable([stay[0], leaves], [stay[0], leaves]));
        Assert.True(owners.IsDurable([stay[0], leaves], [stay[0], leaves, added]));
    }

    [Fact]
    public void Taking_the_newcomer_away_again_ends_its_moves()
    {
        ClusterConfiguration four = Apply(Founded(3), new ClusterCommand.Admit(Node(4)));
        ClusterConfiguration three = Apply(four, new ClusterCommand.Remove(Id(4)));
        Assert.Empty(three.Moves);
    }

    [Fact]
    public void A_node_that_leaves_is_removed_once_nobody_needs_it()
    {
        ClusterConfiguration now = Apply(Founded(4), new ClusterCommand.Leave(Id(1)));
        Assert.True(now.Members[0].IsLeaving);
        Assert.NotEmpty(now.Moves);
        Assert.All(now.Moves, move => Assert.Contains(new NodeId("n1"), move.From));
        foreach (ShardMove move in now.Moves) now = Arrived(now, Placement.Owners(now, move.Shard), move);
        Assert.Equal(4, now.Members.Length);
        now = Apply(now, new ClusterCommand.EndMoves([.. now.Moves.Select(NameOf)]));
        Assert.Equal(["n2", "n3", "n4"], now.Members.Select(m => m.Id.Value));
        Assert.Empty(now.Moves);
        Assert.Contains(Id(1), now.Removed);
    }

    [Fact]
    public void A_dead_node_is_taken_out_of_the_sets_and_two_of_them_may_cost_something()
    {
        ClusterConfiguration five = Founded(5);
        ClusterConfiguration four = Apply(five, new ClusterCommand.Remove(Id(1)));
        Assert.All(four.Moves, move =>
        {
            Assert.Equal((2, 2, 2), (move.From.Length, move.WriteQuorum, move.ReadQuorum));
            Assert.False(move.MayLackLeaves);
        });
        ClusterConfiguration three = Apply(four, new ClusterCommand.Remove(Id(2)));
        Assert.Contains(three.Moves, move => move.MayLackLeaves);
        Assert.DoesNotContain(three.Moves, move => move.From.Contains(new NodeId("n2")));
    }

    [Fact]
    public void A_heir_takes_exactly_the_shards_of_the_node_it_replaces()
    {
        ClusterConfiguration four = Apply(Founded(3), new ClusterCommand.Admit(Node(4)));
        ClusterConfiguration now = Apply(four, new ClusterCommand.Replace(Id(2), Id(4), IsDead: true));
        for (int number = 0; number < ShardCount; number++)
        {
            ShardId shard = new(number);
            Assert.Equal(
                Placement.Owners(Founded(3), shard).Select(n => n.Value == "n2" ? "n4" : n.Value),
                Placement.Owners(now, shard).Select(n => n.Value));
        }

        Assert.Equal(["n1", "n3", "n4"], now.Members.Select(m => m.Id.Value));
    }

    [Fact]
    public void Weights_and_zones_are_heeded()
    {
        ClusterConfiguration cluster = Founded(6) with { ReplicationFactor = 2 };
        cluster = cluster with
        {
            Members = [.. cluster.Members.Select((m, i) => m with
            {
                Zone = i < 4 ? "a" : "b",
                Weight = i == 5 ? 3 : 1,
            })],
        };
        Dictionary<NodeId, int> owned = [];
        for (int number = 0; number < ShardCount; number++)
        {
            ImmutableArray<NodeId> owners = Placement.Owners(cluster, new ShardId(number));
            Assert.Equal(
                ["a", "b"], owners.Select(o => cluster.Members.Single(m => m.Id == o).Zone).Order());
            foreach (NodeId owner in owners) owned[owner] = owned.GetValueOrDefault(owner) + 1;
        }

        Assert.True(owned[new NodeId("n6")] > 2 * owned[new NodeId("n5")]);
    }

    [Fact]
    public void Entries_of_version_one_do_what_they_did()
    {
        byte[] old = ClusterCodec.Encode(new ClusterCommand.Admit(Node(4)) { MovesShards = true });
        old[7] = 1;
        Assert.True(ClusterCodec.TryDecode(old, out ClusterCommand? command));
        Assert.Empty(Apply(Founded(3), command!).Moves);
    }

    [Fact]
    public void Moves_survive_the_bytes_of_a_snapshot()
    {
        ClusterConfiguration four = Apply(Founded(3), new ClusterCommand.Admit(Node(4)));
        Assert.Equal(four.Moves, ClusterCodec.DecodeConfiguration(ClusterCodec.Encode(four)).Moves);
    }

    [Fact]
    public void Retention_follows_a_clock_that_takes_small_steps()
    {
        const long day = Day.NanosecondsLength;
        ClusterConfiguration now = Apply(
            Founded(1), new ClusterCommand.SetRetention("d", null, TimeSpan.FromDays(2), 10 * day + 5));
        Assert.Equal(8 * day, now.HorizonOf(new TableId("d", "t")));
        now = Apply(now, new ClusterCommand.SetRetention("d", "t", TimeSpan.FromDays(1), 10 * day + 5));
        Assert.Equal(9 * day, now.HorizonOf(new TableId("d", "t")));
        Assert.Equal(8 * day, now.HorizonOf(new TableId("d", "other")));
        now = Apply(now, new ClusterCommand.AdvanceClock(1_000 * day));
        Assert.InRange(now.ClockNanoseconds, 11 * day, 12 * day);
        now = Apply(now, new ClusterCommand.AdvanceClock(day));
        Assert.InRange(now.ClockNanoseconds, 11 * day, 12 * day);
        Assert.Equal(DatabaseSettings.NoHorizon, now.HorizonOf(new TableId("e", "t")));
        now = Apply(now, new ClusterCommand.SetRetention("d", null, null, 0));
        Assert.Equal(9 * day, now.HorizonOf(new TableId("d", "other")));
    }

    private static ClusterConfiguration Arrived(
        ClusterConfiguration cluster, ImmutableArray<NodeId> nodes, ShardMove move)
    {
        foreach (NodeId node in nodes)
        {
            Guid directory = cluster.Members.Single(m => m.Id == node).DirectoryId;
            cluster = Apply(cluster, new ClusterCommand.Arrive(node, directory, [NameOf(move)]));
        }

        return cluster;
    }

    private static ClusterConfiguration AllArrivedBut(ClusterConfiguration cluster, string node)
    {
        foreach (ShardMove move in cluster.Moves)
        {
            cluster = Arrived(
                cluster, Placement.Owners(cluster, move.Shard).Remove(new NodeId(node)), move);
        }

        return cluster;
    }

    // What the others say in the place of silent nodes.
    private static ClusterConfiguration Excuse(ClusterConfiguration cluster, params string[] silent)
    {
        foreach (Member member in cluster.Members.Where(m => !silent.Contains(m.Id.Value)))
        {
            MoveWatch watch = new(member.Id, TimeSpan.Zero);
            cluster = watch.Excused(cluster, node => !silent.Contains(node.Value), DateTimeOffset.UnixEpoch)
                .Aggregate(cluster, Apply);
        }

        return cluster;
    }

    private static ClusterConfiguration Apply(ClusterConfiguration cluster, ClusterCommand command) =>
        ClusterStateMachine.Apply(cluster, command)!;

    private static ShardArrival NameOf(ShardMove move) => new(move.Shard, move.Since);

    private static ClusterConfiguration Founded(int nodes) => new()
    {
        Id = new ClusterId(Id(1)),
        Epoch = new Epoch(1),
        Members = [.. Enumerable.Range(1, nodes).Select(Node)],
        ShardCount = ShardCount,
        ReplicationFactor = 3,
        WriteQuorumAsked = 0,
        Edges = ImmutableSortedDictionary<EdgeId, EdgeRegistration>.Empty,
        Databases = ImmutableSortedDictionary<string, DatabaseSettings>.Empty,
    };

    private static Member Node(int number) => new()
    {
        Id = new NodeId($"n{number}"),
        DirectoryId = Id(number),
        HttpAddress = "h:1",
        FlightAddress = "h:2",
        ClusterAddress = "h:3",
        BrokerAddress = "h:4",
    };

    private static Guid Id(int number) => new(number, 0, 0, new byte[8]);
}
