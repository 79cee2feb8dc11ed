using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Receiving;
using TsDb.Replication.Repair;

namespace TsDb.Tests.Replication.Receiving;

/// <summary>What a node answers for, and whom it asks, when a file that it had is gone.</summary>
public sealed class LostLeafTests
{
    private static readonly Guid Instance = new(1, 0, 0, new byte[8]);
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    private readonly Dictionary<ReplicaStore, NotWholeShards> _told = [];

    [Fact]
    public void A_lone_owner_counts_no_more_until_the_same_leaf_is_back()
    {
        CloudWorld world = World(nodes: 1, replication: 1);
        CloudWorld.Node node = world.Nodes[0];
        VerifiedLeaf leaf = Offered(world, 1);
        Assert.True(IsWhole(world, node, leaf));
        node.Store.MarkLost(node.Store.Current.Find(leaf.Leaf)!, "test");
        Assert.False(IsWhole(world, node, leaf));
        Assert.True(Digest(world, node, leaf).IsRecovering);

        // Nobody else has it, and that is known without anybody having been heard.
        Assert.Contains(Shard(world, leaf), node.Repair(Shard(world, leaf)).Conclusive);
        Assert.False(IsWhole(world, node, leaf));
        Restart(world, node, leaf);
        Assert.False(IsWhole(world, node, leaf));
        Compare(world, leaf);
        Assert.Equal([leaf.Leaf.Hash], Assert.Single(world.Answers<EdgeAnswer.Missing>()).Hashes);

        world.Offer(leaf);
        world.Run(Moment);
        Assert.True(IsWhole(world, node, leaf));
    }

    [Fact]
    public void What_it_stores_meanwhile_is_durable_and_its_edge_may_say_that_it_stands_for_what_was_lost()
    {
        CloudWorld world = World(nodes: 1, replication: 1);
        CloudWorld.Node node = world.Nodes[0];
        VerifiedLeaf lost = Offered(world, 1);
        node.Store.MarkLost(node.Store.Current.Find(lost.Leaf)!, "test");
        world.Said.Clear();
        VerifiedLeaf anew = Offered(world, 2);
        Assert.Contains(world.Answers<EdgeAnswer.Durable>(), durable => durable.Hash == anew.Leaf.Hash);
        Assert.False(IsWhole(world, node, lost));

        EdgeId stranger = new("E2");
        world.Say(new EdgeControl.Superseded([lost.Leaf]), Instance, stranger);
        world.Run(Moment);
        Assert.False(IsWhole(world, node, lost));
        world.Say(new EdgeControl.Superseded([lost.Leaf, anew.Leaf]), Instance);
        world.Run(Moment);
        Assert.True(IsWhole(world, node, lost));
        Assert.NotNull(node.Store.Current.Find(anew.Leaf));
        Restart(world, node, lost);
        Assert.True(IsWhole(world, node, lost));
    }

    [Fact]
    public void A_file_that_every_owner_lost_is_asked_from_the_edge()
    {
        CloudWorld world = World(nodes: 2, replication: 2);
        VerifiedLeaf leaf = Offered(world, 1);
        foreach (CloudWorld.Node node in world.Nodes)
            node.Store.MarkLost(node.Store.Current.Find(leaf.Leaf)!, "test");
        RepairReport report = world.Nodes[0].Repair(Shard(world, leaf));
        Assert.Empty(report.Conclusive);
        Assert.Equal([Shard(world, leaf)], report.Exhausted);
        Compare(world, leaf);
        Assert.All(world.Answers<EdgeAnswer.Missing>(), m => Assert.Equal([leaf.Leaf.Hash], m.Hashes));
        Assert.NotEmpty(world.Answers<EdgeAnswer.Missing>());
        world.Offer(leaf);
        world.Run(Moment);
        Assert.All(world.Nodes, node => Assert.True(IsWhole(world, node, leaf)));
    }

    [Fact]
    public void What_enough_others_have_not_was_never_durable_and_is_not_missed()
    {
        CloudWorld world = World(nodes: 3, replication: 3);
        CloudWorld.Node node = world.Nodes[0];
        VerifiedLeaf leaf = Shipments.Make(1);
        node.Store.Store([leaf]);
        node.Store.MarkLost(node.Store.Current.Find(leaf.Leaf)!, "test");
        world.Nodes[2].Stop();
        node.Repair(Shard(world, leaf));
        Assert.False(IsWhole(world, node, leaf));
        world.Nodes[2].Restart();
        node.Repair(Shard(world, leaf));
        Assert.True(IsWhole(world, node, leaf));
        node.Restart();
        Assert.True(IsWhole(world, node, leaf));
    }

    [Fact]
    public void With_a_write_quorum_of_one_the_others_prove_nothing()
    {
        CloudWorld world = World(nodes: 2, replication: 2, quorum: 1);
        CloudWorld.Node node = world.Nodes[0];
        VerifiedLeaf leaf = Shipments.Make(1);
        node.Store.Store([leaf]);
        node.Store.MarkLost(node.Store.Current.Find(leaf.Leaf)!, "test");
        Assert.Contains(Shard(world, leaf), node.Repair(Shard(world, leaf)).Conclusive);
        Assert.False(IsWhole(world, node, leaf));
    }

    private static CloudWorld World(int nodes, int replication, int quorum = 0)
    {
        CloudWorld world = new(1, nodes, replication, quorum);
        world.Say(new EdgeControl.Hello(Shipments.First, "1"), Instance);
        world.Run(Moment);
        return world;
    }

    private static VerifiedLeaf Offered(CloudWorld world, long ordinal)
    {
        VerifiedLeaf leaf = Shipments.Make(ordinal);
        world.Offer(leaf);
        world.Run(Moment);
        return leaf;
    }

    // A node whose store is known to lack one leaf starts anew.
    private static void Restart(CloudWorld world, CloudWorld.Node node, VerifiedLeaf lost)
    {
        node.Kept.Remove(lost.Leaf);
        node.Restart();
        world.Said.Clear();
    }

    // The edge compares, and lists what it has cut.
    private static void Compare(CloudWorld world, VerifiedLeaf leaf)
    {
        world.Said.Clear();
        world.Say(
            new EdgeControl.LeafList(
                Shipments.Cell(), Shipments.First,
                [new LeafEntry(leaf.Leaf.Ordinal, leaf.Leaf.Hash)], IsLast: true),
            Instance);
        world.Run(Moment);
    }

    private static ShardId Shard(CloudWorld world, VerifiedLeaf leaf) =>
        ShardId.Of(leaf.Leaf.Cell, world.Cluster.ShardCount);

    // Questions are told what is kept of it.
    private bool IsWhole(CloudWorld world, CloudWorld.Node node, VerifiedLeaf leaf)
    {
        bool isWhole = node.Store.IsWholeIn(world.Cluster, Shard(world, leaf), node.Id);
        if (!_told.TryGetValue(node.Store, out NotWholeShards? told))
            _told.Add(node.Store, told = new NotWholeShards(node.Store, node.Id));
        Assert.Equal(!isWhole, told.Under(world.Cluster).Contains(Shard(world, leaf)));
        return isWhole;
    }

    private static ShardDigest Digest(CloudWorld world, CloudWorld.Node node, VerifiedLeaf leaf) =>
        Assert.Single(node.Desk.ShardDigests([Shard(world, leaf)]));
}
