using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Cluster;

namespace TsDb.Tests.Replication.Cluster;

public sealed class ClusterStateMachineTests
{
    private static readonly ClusterConfiguration Founded = new()
    {
        Id = new ClusterId(new Guid(1, 0, 0, new byte[8])),
        Epoch = new Epoch(1),
        Members = [Node("a", 1)],
        ShardCount = 64,
        ReplicationFactor = 3,
        WriteQuorumAsked = 0,
        Edges = ImmutableSortedDictionary<EdgeId, EdgeRegistration>.Empty,
        Databases = ImmutableSortedDictionary<string, DatabaseSettings>.Empty,
    };

    [Fact]
    public void Nothing_happens_before_the_founding() =>
        Assert.Null(ClusterStateMachine.Apply(null, new ClusterCommand.Admit(Node("a", 1))));

    [Fact]
    public void Only_the_first_founding_counts()
    {
        ClusterConfiguration? first = ClusterStateMachine.Apply(null, new ClusterCommand.Found(Founded));
        ClusterConfiguration other = Founded with { Id = new ClusterId(new Guid(2, 0, 0, new byte[8])) };
        Assert.Same(first, ClusterStateMachine.Apply(first, new ClusterCommand.Found(other)));
    }

    [Fact]
    public void A_new_member_raises_the_epoch_and_members_stay_sorted()
    {
        ClusterConfiguration after =
            Run(new ClusterCommand.Admit(Node("c", 3)), new ClusterCommand.Admit(Node("b", 2)));
        Assert.Equal(["a", "b", "c"], after.Members.Select(m => m.Id.Value));
        Assert.Equal(new Epoch(3), after.Epoch);
    }

    [Fact]
    public void Admitting_a_member_again_changes_nothing_and_a_new_address_is_taken_over()
    {
        ClusterConfiguration same = Run(new ClusterCommand.Admit(Node("a", 1)));
        Assert.Same(Founded, same);
        ClusterConfiguration moved =
            Run(new ClusterCommand.Admit(Node("a", 1) with { FlightAddress = "h:9" }));
        Assert.Equal("h:9", Assert.Single(moved.Members).FlightAddress);
        Assert.Empty(moved.Removed);
    }

    [Fact]
    public void A_new_directory_under_the_same_name_replaces_the_old_member_for_good()
    {
        ClusterConfiguration after = Run(
            new ClusterCommand.Admit(Node("b", 2)), new ClusterCommand.Admit(Node("b", 3)),
            new ClusterCommand.Admit(Node("b", 2)));
        Assert.Equal(Id(3), after.Members.Single(m => m.Id == new NodeId("b")).DirectoryId);
        Assert.Equal([Id(2)], after.Removed);
    }

    [Fact]
    public void A_directory_keeps_its_name() =>
        Assert.Same(Founded, Run(new ClusterCommand.Admit(Node("z", 1))));

    [Fact]
    public void The_last_member_cannot_be_removed() =>
        Assert.Same(Founded, Run(new ClusterCommand.Remove(Id(1))));

    [Fact]
    public void Incarnations_keep_the_order_of_first_contact()
    {
        Incarnation one = new(Id(9));
        Incarnation two = new(Id(8));
        ClusterConfiguration after = Run(
            new ClusterCommand.RegisterEdge(new EdgeId("E1"), one),
            new ClusterCommand.RegisterEdge(new EdgeId("E1"), two),
            new ClusterCommand.RegisterEdge(new EdgeId("E1"), one));
        Assert.Equal([one, two], after.Edges[new EdgeId("E1")].Incarnations);
        Assert.Equal(Founded.Epoch, after.Epoch);
    }

    [Fact]
    public void A_horizon_only_rises()
    {
        ClusterConfiguration after = Run(
            new ClusterCommand.SetDatabase(new DatabaseSettings("d", null, 10)),
            new ClusterCommand.SetDatabase(new DatabaseSettings("d", TimeSpan.FromDays(1), 5)));
        Assert.Equal(new DatabaseSettings("d", TimeSpan.FromDays(1), 10), after.Databases["d"]);
    }

    [Fact]
    public void Commands_and_snapshots_survive_their_bytes()
    {
        ClusterCommand[] commands =
        [
            new ClusterCommand.Found(Founded),
            new ClusterCommand.Admit(Node("b", 2) with { Zone = "z", Weight = 1.5 }),
            new ClusterCommand.Remove(Id(2)),
            new ClusterCommand.RegisterEdge(new EdgeId("E1"), new Incarnation(Id(9))),
            new ClusterCommand.SetDatabase(new DatabaseSettings("d", TimeSpan.FromDays(1), long.MinValue)),
            new ClusterCommand.Erase("d", "t", [new TagCondition("host", ["a", "b"])], 7),
            new ClusterCommand.Erase("d", "t", [], -7),
            new ClusterCommand.LiftErasure(1),
        ];
        ClusterConfiguration? straight = null;
        ClusterConfiguration? decoded = null;
        foreach (ClusterCommand command in commands)
        {
            Assert.True(ClusterCodec.TryDecode(ClusterCodec.Encode(command), out ClusterCommand? read));
            straight = ClusterStateMachine.Apply(straight, command);
            decoded = ClusterStateMachine.Apply(decoded, read!);
        }

        byte[] bytes = ClusterCodec.Encode(straight!);
        Assert.Equal(bytes, ClusterCodec.Encode(decoded!));
        Assert.Equal(bytes, ClusterCodec.Encode(ClusterCodec.DecodeConfiguration(bytes)));
    }

    [Fact]
    public void Bytes_of_others_are_not_commands_and_a_newer_version_is_refused()
    {
        Assert.False(ClusterCodec.TryDecode("membership entry"u8, out _));
        Assert.False(ClusterCodec.TryDecode([], out _));
        byte[] newer = ClusterCodec.Encode(new ClusterCommand.Remove(Id(2)));
        newer[7] = 6;
        TsDbException error = Assert.Throws<TsDbException>(() => ClusterCodec.TryDecode(newer, out _));
        Assert.Equal(ErrorKind.Invalid, error.Kind);
        Assert.Contains("this program knows 5: start a newer one", error.Message, StringComparison.Ordinal);
        Assert.Throws<TsDbException>(() =>
            ClusterCodec.TryDecode("TSDBCMD\u0001{\"kind\":\"new\"}"u8, out _));
    }

    private static ClusterConfiguration Run(params ClusterCommand[] commands) =>
        commands.Aggregate((ClusterConfiguration?)Founded, ClusterStateMachine.Apply)!;

    private static Member Node(string id, int directory) => new()
    {
        Id = new NodeId(id),
        DirectoryId = Id(directory),
        HttpAddress = "h:1",
        FlightAddress = "h:2",
        ClusterAddress = "h:3",
        BrokerAddress = "h:4",
    };

    private static Guid Id(int number) => new(number, 0, 0, new byte[8]);
}
