using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Receiving;

namespace TsDb.Tests.Replication.Receiving;

/// <summary>
/// Before an edge drops what it shipped, as many owners must have it that no other life of the edge can have
/// made another leaf durable under the same number.
/// </summary>
public sealed class DropTests
{
    private static readonly Guid Instance = new(1, 0, 0, new byte[8]);
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly VerifiedLeaf _leaf = Shipments.Make(1);

    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(2, 1, 2)]
    [InlineData(3, 1, 3)]
    [InlineData(3, 0, 2)]
    [InlineData(3, 3, 3)]
    public void As_many_owners_must_have_it_as_meet_every_write_quorum(int copies, int quorum, int least)
    {
        ShardOwners owners = Placement.Of(Shipments.Founded(copies, copies, quorum), default);
        Assert.False(owners.MayEdgeDrop([.. owners.Now.Take(least - 1)], []));
        Assert.True(owners.MayEdgeDrop([.. owners.Now.Take(least)], []));
    }

    [Fact]
    public void While_a_shard_moves_it_takes_as_many_of_the_owners_before_as_well()
    {
        ClusterConfiguration two = Shipments.Founded(2, 2, quorum: 1);
        ClusterConfiguration moving = ClusterStateMachine.Apply(
            two, new ClusterCommand.Admit(Shipments.Member(3)))!;
        ShardMove move = moving.Moves[0];
        ShardOwners owners = Placement.Of(moving, move.Shard);
        NodeId newcomer = owners.Now.Single(node => !move.From.Contains(node));
        NodeId staying = owners.Now.Single(move.From.Contains);
        NodeId leaving = move.From.Single(node => node != staying);
        Assert.True(owners.IsDurable([staying], []));
        Assert.False(owners.MayEdgeDrop([staying], [newcomer]));
        Assert.False(owners.MayEdgeDrop([staying, leaving], []));
        Assert.True(owners.MayEdgeDrop([staying, leaving], [newcomer]));
    }

    [Fact]
    public void What_is_durable_at_one_owner_may_go_once_the_other_has_it_too()
    {
        CloudWorld world = World();
        world.Nodes[1].Stop();
        world.Offer(_leaf);
        world.Run(Moment);
        Assert.NotEmpty(world.Answers<EdgeAnswer.Durable>());
        world.Said.Clear();
        Ask(world);
        Assert.Equal([new EdgeAnswer.Have(_leaf.Leaf.Hash)], world.Said.Select(said => said.Answer));

        // Whoever has it and ships it again, not knowing that it did, waits for the write quorum only.
        world.Offer(_leaf);
        world.Run(Moment);
        Assert.NotEmpty(world.Answers<EdgeAnswer.Durable>());
        Ask(world);
        world.Said.Clear();

        // Nobody asks again: the owner that was asked says it by itself.
        world.Nodes[1].Restart();
        world.Run(Minute);
        Assert.Equal(2, world.Holders(_leaf.Leaf));
        Assert.Contains(new EdgeAnswer.Durable(_leaf.Leaf.Hash), world.Said.Select(said => said.Answer));
    }

    [Fact]
    public void Nor_does_an_owner_that_gets_it_only_then_say_so_too_early()
    {
        CloudWorld world = World(copies: 3);
        world.OfferTo(world.Nodes[0], _leaf);
        world.Nodes[1].Stop();
        world.Nodes[2].Stop();
        world.Run(Moment);
        world.Nodes[0].Stop();
        world.Nodes[1].Restart();
        world.Said.Clear();
        Ask(world);
        Assert.Empty(world.Said);
        world.OfferTo(world.Nodes[1], _leaf);
        world.Nodes[0].Restart();
        world.Run(Minute);
        Assert.Equal(2, world.Holders(_leaf.Leaf));
        Assert.Empty(world.Answers<EdgeAnswer.Durable>());
        world.Nodes[2].Restart();
        world.Run(Minute);
        Assert.Contains(new EdgeAnswer.Durable(_leaf.Leaf.Hash), world.Said.Select(said => said.Answer));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Who_has_another_cut_of_the_number_counts_for_neither(bool hasBoth)
    {
        CloudWorld world = World();
        VerifiedLeaf other = Shipments.Make(1, seed: 1);
        world.Say(new EdgeControl.Hello(Shipments.First, "1"), Instance);
        world.Run(Moment);
        world.OfferTo(world.Nodes[0], _leaf);
        world.Nodes[1].Store.Store([other]);
        if (hasBoth) world.Nodes[1].Store.Store([_leaf], areHeld: true);
        world.Run(Moment);
        Assert.NotNull(world.Nodes[0].Store.Current.Find(_leaf.Leaf));
        world.Said.Clear();
        Ask(world);
        world.Run(Minute);
        Assert.Empty(world.Answers<EdgeAnswer.Durable>());
        Assert.Contains(
            world.Answers<EdgeAnswer.Hello>(), hello => hello.Divergence?.First == _leaf.Leaf.Ordinal);
    }

    private static CloudWorld World(int copies = 2)
    {
        CloudWorld world = new(seed: 1, nodes: copies, replication: copies, quorum: 1);
        world.Register(Shipments.First);
        return world;
    }

    private void Ask(CloudWorld world)
    {
        world.Say(new EdgeControl.Confirm([_leaf.Leaf]), Instance);
        world.Run(Moment);
    }
}
