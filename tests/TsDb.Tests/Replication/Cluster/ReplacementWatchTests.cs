using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Repair;
using TsDb.Tests.Replication.Receiving;

namespace TsDb.Tests.Replication.Cluster;

/// <summary>When a silent member is given up, and when it is not.</summary>
public sealed class ReplacementWatchTests
{
    private static readonly TimeSpan After = TimeSpan.FromMinutes(30);
    private static readonly ClusterConfiguration Four =
        Shipments.Founded(4, 3) with { ReplaceAfter = After };

    private readonly ReplacementWatch _watch = new();
    private readonly HashSet<NodeId> _silent = [];
    private TimeSpan _now;

    [Fact]
    public void Who_is_silent_for_long_enough_is_given_up_and_not_a_second_before()
    {
        Assert.Null(Look(Four, TimeSpan.FromHours(9)));
        _silent.Add(Shipments.Node(2));
        Assert.Null(Look(Four, After - TimeSpan.FromSeconds(1)));
        Assert.Equal(Shipments.Node(2), Look(Four, TimeSpan.FromSeconds(2))?.Id);
    }

    [Fact]
    public void Who_is_heard_once_begins_anew()
    {
        _silent.Add(Shipments.Node(2));
        Assert.Null(Look(Four, After - TimeSpan.FromSeconds(1)));
        _silent.Clear();
        Assert.Null(Look(Four, TimeSpan.FromSeconds(1)));
        _silent.Add(Shipments.Node(2));
        Assert.Null(Look(Four, After - TimeSpan.FromSeconds(1)));
        Assert.NotNull(Look(Four, TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public void A_node_that_was_stopped_itself_blames_nobody_for_that_time()
    {
        _silent.Add(Shipments.Node(2));
        Assert.Null(Look(Four, TimeSpan.FromSeconds(1)));
        _now += TimeSpan.FromHours(2);
        Assert.Null(Look(Four, After - TimeSpan.FromSeconds(1)));
        Assert.NotNull(Look(Four, TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public void A_new_directory_under_the_name_is_another_member()
    {
        _silent.Add(Shipments.Node(2));
        Assert.Null(Look(Four, After - TimeSpan.FromSeconds(1)));
        ClusterConfiguration anew = Four with
        {
            Members =
            [
                .. Four.Members.Select(m => m.Id == Shipments.Node(2)
                    ? m with { DirectoryId = new Guid(99, 0, 0, new byte[8]) } : m),
            ],
        };
        Assert.Null(Look(anew, TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public void Nobody_is_given_up_without_a_rule_nor_two_at_a_time_nor_below_the_copies_wanted()
    {
        _silent.Add(Shipments.Node(2));
        Assert.Null(Look(Four with { ReplaceAfter = null }, After * 2));
        Assert.Null(Look(Four with { ReplicationFactor = 4 }, TimeSpan.FromSeconds(1)));
        ClusterConfiguration leaving = Four with
        {
            Members =
                [.. Four.Members.Select(m => m.Id == Shipments.Node(4) ? m with { IsLeaving = true } : m)],
        };
        Assert.Null(Look(leaving, TimeSpan.FromSeconds(1)));
        Assert.NotNull(Look(Four, TimeSpan.FromSeconds(1)));
        _silent.Add(Shipments.Node(3));
        Assert.Null(Look(Four, After * 2));
    }

    [Fact]
    public void Nobody_is_given_up_while_shards_are_on_their_way_or_points_could_be_lost()
    {
        ClusterConfiguration moving = ClusterStateMachine.Apply(
            Four, new ClusterCommand.Admit(Shipments.Member(5)))!;
        Assert.NotEmpty(moving.Moves);
        Assert.Contains("on their way", Obstacle(moving, 2), StringComparison.Ordinal);
        Assert.Contains("they wait for ", Obstacle(moving, 2), StringComparison.Ordinal);
        ClusterConfiguration one = Shipments.Founded(3, 1) with { ReplaceAfter = After };
        Assert.Contains("lack points", Obstacle(one, 2), StringComparison.Ordinal);
        Assert.Contains(
            "cannot hold 3 copies", Obstacle(Shipments.Founded(3, 3), 2), StringComparison.Ordinal);
        Assert.Null(ReplacementWatch.ObstacleTo(Four, Four.Members[1].DirectoryId));
    }

    [Fact]
    public void Whom_the_rule_would_give_up_but_cannot_is_named_with_the_reason()
    {
        ClusterConfiguration three = Shipments.Founded(3, 3) with { ReplaceAfter = After };
        _silent.Add(Shipments.Node(2));
        Assert.Null(Look(three, After - TimeSpan.FromSeconds(1)));
        Assert.Null(_watch.HeldUp);
        Assert.Null(Look(three, TimeSpan.FromSeconds(2)));
        Assert.Equal(Shipments.Node(2), _watch.HeldUp?.Member.Id);
        Assert.Contains("cannot hold 3 copies", _watch.HeldUp?.Reason, StringComparison.Ordinal);
        Assert.NotNull(Look(Four, TimeSpan.FromSeconds(1)));
        Assert.Null(_watch.HeldUp);
    }

    [Fact]
    public void Every_other_owner_has_to_be_whole()
    {
        ShardState[] whole = [.. Enumerable.Range(0, Four.ShardCount).Select(n => State(n, 7, false))];
        NodeId silent = Shipments.Node(2);
        Assert.True(ReplacementWatch.AreWholeWithout(silent, [.. whole]));
        Assert.False(ReplacementWatch.AreWholeWithout(silent, [.. whole[1..], State(0, 6, false)]));
        Assert.False(ReplacementWatch.AreWholeWithout(silent, [.. whole[1..], State(0, 7, true)]));
        Assert.False(ReplacementWatch.AreWholeWithout(Shipments.Node(9), [.. whole]));
    }

    [Fact]
    public void The_command_counts_only_in_the_configuration_that_it_was_decided_in()
    {
        ClusterCommand.GiveUp give = new(Four.Members[1].DirectoryId, Four.Epoch);
        ClusterConfiguration without = ClusterStateMachine.Apply(Four, give)!;
        Assert.Equal(["C1", "C3", "C4"], without.Members.Select(m => m.Id.Value));
        Assert.Contains(give.DirectoryId, without.Removed);
        Assert.NotEmpty(without.Moves);
        ClusterCommand late = give with { DirectoryId = Four.Members[2].DirectoryId };
        Assert.Same(without, ClusterStateMachine.Apply(without, late));
        ClusterConfiguration off = Four with { ReplaceAfter = null };
        Assert.Same(off, ClusterStateMachine.Apply(off, give));

        // Back with an empty disk it takes its place again, and only its share moves.
        Member emptied = Shipments.Member(2) with { DirectoryId = new Guid(9, 9, 9, new byte[8]) };
        ClusterConfiguration back = ClusterStateMachine.Apply(
            without with { Moves = [] }, new ClusterCommand.Admit(emptied))!;
        Assert.Equal(4, back.Members.Length);
        foreach (ShardId shard in Enumerable.Range(0, Four.ShardCount).Select(n => new ShardId(n)))
            Assert.Equal(Placement.Owners(Four, shard), Placement.Owners(back, shard));
    }

    [Fact]
    public void A_rule_shorter_than_a_restart_is_no_rule()
    {
        ClusterConfiguration set = ClusterStateMachine.Apply(
            Four, new ClusterCommand.SetReplaceAfter(TimeSpan.FromSeconds(1)))!;
        Assert.Equal(After, set.ReplaceAfter);
        Assert.Null(ClusterStateMachine.Apply(set, new ClusterCommand.SetReplaceAfter(null))!.ReplaceAfter);
    }

    private static string? Obstacle(ClusterConfiguration cluster, int node) => ReplacementWatch.ObstacleTo(
        cluster, cluster.Members.Single(m => m.Id == Shipments.Node(node)).DirectoryId);

    // All owners but C2, who is silent, answer with seven leaves; C1 with so many.
    private static ShardState State(int number, long countOfFirst, bool isFirstRecovering)
    {
        ShardId shard = new(number);
        return new ShardState(
            shard,
            Placement.Of(Four with { ReplicationFactor = 4 }, shard),
            new[] { 1, 3, 4 }.ToImmutableSortedDictionary(Shipments.Node, node => new ShardDigest(
                shard,
                new LeafDigest(node == 1 ? countOfFirst : 7, 0),
                node == 1 && isFirstRecovering,
                Four.Epoch)),
            7);
    }

    // Looks each second for so long; what the last look says.
    private Member? Look(ClusterConfiguration cluster, TimeSpan time)
    {
        Member? due = null;
        for (TimeSpan end = _now + time; _now < end;)
        {
            _now += TimeSpan.FromSeconds(1);
            due = _watch.Due(cluster, node => !_silent.Contains(node), _now);
        }

        return due;
    }
}
