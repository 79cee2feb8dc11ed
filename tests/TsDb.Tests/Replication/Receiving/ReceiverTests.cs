using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Receiving;

namespace TsDb.Tests.Replication.Receiving;

public sealed class ReceiverTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(5, 3)]
    public void A_shipment_is_stored_by_its_owners_and_durable_once(int nodes, int replication)
    {
        CloudWorld world = World(nodes, replication);
        VerifiedLeaf leaf = Shipments.Make(1);
        world.Offer(leaf);
        world.Run(Moment);
        Assert.Equal(replication, world.Holders(leaf.Leaf));
        Assert.All(
            world.Answers<EdgeAnswer.Durable>(), durable => Assert.Equal(leaf.Leaf.Hash, durable.Hash));
        Assert.InRange(world.Said.Count, 1, replication);
        Assert.All(world.Nodes, node => Assert.Equal(0, node.Receiver.UndecidedCount));
    }

    [Fact]
    public void Nothing_is_durable_before_the_write_quorum_and_a_repeated_offer_is_answered_with_have()
    {
        CloudWorld world = World(3, 3);
        world.Nodes[0].Stop();
        world.Nodes[1].Stop();
        VerifiedLeaf leaf = Shipments.Make(1);
        world.Offer(leaf);
        world.Run(Minute);
        Assert.Empty(world.Answers<EdgeAnswer.Durable>());
        world.Offer(leaf);
        world.Deliver();
        Assert.Single(world.Answers<EdgeAnswer.Have>());

        // A second owner comes back: it hears what the first has, fetches it, and that makes two.
        world.Nodes[1].Restart();
        world.Run(2 * Minute);
        Assert.NotEmpty(world.Answers<EdgeAnswer.Durable>());
        Assert.Equal(2, world.Holders(leaf.Leaf));
        world.Offer(leaf);
        world.Deliver();
        Assert.Single(world.Answers<EdgeAnswer.Have>());
    }

    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(0, 2, 1)]
    [InlineData(1, 0, 2)]
    [InlineData(1, 2, 0)]
    [InlineData(2, 0, 1)]
    [InlineData(2, 1, 0)]
    public void Whoever_stores_first_durable_is_said_as_soon_as_the_quorum_has_it(
        int first, int second, int third)
    {
        CloudWorld world = World(3, 3);
        VerifiedLeaf leaf = Shipments.Make(1);
        world.OfferTo(world.Nodes[first], leaf);
        world.Deliver();
        Assert.Empty(world.Said);
        world.OfferTo(world.Nodes[second], leaf);
        world.Deliver();
        Assert.Single(world.Answers<EdgeAnswer.Durable>());
        world.OfferTo(world.Nodes[third], leaf);
        world.Deliver();
        Assert.InRange(world.Answers<EdgeAnswer.Durable>().Count(), 1, 2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_shipment_in_pieces_arrives_whatever_is_lost_doubled_or_reordered(int replication)
    {
        for (int seed = 0; seed < 6; seed++)
        {
            CloudWorld world = World(3, replication, seed);
            VerifiedLeaf leaf = Shipments.Make(1, rows: 2_000, seed: seed);
            Assert.True(leaf.Content.Length > 10_000);
            (world.Loss, world.Doubling) = (0.3, 0.2);
            EdgeFor(world, leaf);
            for (int round = 0; round < 40 && !world.Answers<EdgeAnswer.Durable>().Any(); round++)
            {
                world.Offer(leaf, inline: false);
                if (round == 0) world.SendChunks(leaf);
                world.Run(TimeSpan.FromSeconds(10));
            }

            Assert.NotEmpty(world.Answers<EdgeAnswer.Durable>());
            Assert.InRange(world.Holders(leaf.Leaf), world.Cluster.WriteQuorum, replication);
        }
    }

    [Fact]
    public void A_missing_piece_is_wanted_only_after_silence_and_only_that_piece()
    {
        CloudWorld world = World(1, 1);
        VerifiedLeaf leaf = Shipments.Make(1, rows: 2_000);
        world.Offer(leaf, inline: false);
        world.SendChunks(
            leaf, ranges: [new WantRange(0, 2_048), new WantRange(4_096, leaf.Content.Length - 4_096)]);
        world.Run(Moment);
        Assert.Empty(world.Said);
        world.Run(2 * Moment);
        EdgeAnswer.Want want = Assert.Single(world.Answers<EdgeAnswer.Want>());
        Assert.Equal([new WantRange(2_048, 2_048)], want.Ranges);
        world.SendChunks(leaf, ranges: want.Ranges);
        world.Run(Moment);
        Assert.Single(world.Answers<EdgeAnswer.Durable>());
    }

    [Fact]
    public void A_piece_without_an_offer_asks_for_the_offer_and_not_again_at_once()
    {
        CloudWorld world = World(1, 1);
        VerifiedLeaf leaf = Shipments.Make(1, rows: 2_000);
        world.SendChunks(leaf);
        world.Run(Moment);
        Assert.Empty(Assert.Single(world.Answers<EdgeAnswer.Want>()).Ranges);
    }

    [Fact]
    public void An_owner_that_missed_everything_fetches_from_the_others_without_the_uplink()
    {
        CloudWorld world = World(3, 3);
        VerifiedLeaf leaf = Shipments.Make(1);
        world.Nodes[2].Stop();
        world.Offer(leaf);
        world.Deliver();
        world.Nodes[2].Restart();
        Assert.Equal(2, world.Holders(leaf.Leaf));
        Assert.Equal(1, world.Nodes[2].Repair().Fetched);
        Assert.Equal(3, world.Holders(leaf.Leaf));
        Assert.Empty(world.Answers<EdgeAnswer.Want>());
    }

    [Fact]
    public void Other_bytes_for_a_known_number_are_refused_and_the_edge_takes_a_new_incarnation()
    {
        CloudWorld world = World(3, 3);
        world.Say(new EdgeControl.Hello(Shipments.First, "1"), Guid.Empty);
        world.Offer(Shipments.Make(1));
        world.Run(Moment);
        world.Said.Clear();
        VerifiedLeaf fork = Shipments.Make(1, seed: 9);
        world.Offer(fork);
        world.Run(Moment);
        Assert.Equal(3, world.Answers<EdgeAnswer.Refuse>().Count(refuse => refuse.Hash == fork.Leaf.Hash));
        Assert.All(
            world.Answers<EdgeAnswer.Hello>(),
            hello => Assert.Equal(HelloVerdict.TakeNewIncarnation, hello.Verdict));
        Assert.Equal(0, world.Holders(fork.Leaf));
    }

    [Fact]
    public void Bytes_that_are_not_what_was_offered_are_asked_for_again_and_a_lie_is_refused()
    {
        CloudWorld world = World(1, 1);
        VerifiedLeaf leaf = Shipments.Make(1);
        byte[] damaged = leaf.Content.ToArray();
        damaged[^20] ^= 1;
        world.Offer(leaf with { Content = damaged });
        world.Run(Moment);
        Assert.Empty(Assert.Single(world.Answers<EdgeAnswer.Want>()).Ranges);
        world.Offer(leaf);
        world.Run(Moment);
        Assert.Single(world.Answers<EdgeAnswer.Durable>());

        // The bytes are a segment, but of another cell than the offer says.
        VerifiedLeaf other = Shipments.Make(5, cell: Shipments.Cell(17_001));
        world.Offer(other with { Leaf = other.Leaf with { Cell = Shipments.Cell() } });
        world.Run(Moment);
        Assert.Contains("belongs to", Assert.Single(world.Answers<EdgeAnswer.Refuse>()).Reason);
        byte[] noise = [.. Enumerable.Range(0, 999).Select(i => (byte)(i * 7))];
        Leaf lie = leaf.Leaf with { Ordinal = new Ordinal(7), Hash = ContentHash.Of(noise) };
        world.Offer(leaf with { Leaf = lie, Content = noise });
        world.Run(Moment);
        Assert.Equal(2, world.Answers<EdgeAnswer.Refuse>().Count());
    }

    [Fact]
    public void A_leaf_on_another_edges_topic_is_refused()
    {
        CloudWorld world = World(1, 1);
        VerifiedLeaf leaf = Shipments.Make(1, cell: Shipments.Cell(edge: new EdgeId("E2")));
        world.Publish(new ReceiveEvent.Offered(
            Shipments.Edge,
            ShardId.Of(leaf.Leaf.Cell, 4),
            new OfferMessage(world.Header(), [new Offer
            {
                Leaf = leaf.Leaf,
                BytesLength = leaf.Content.Length,
                TransferBytes = leaf.Content.Length,
                ChunkBytes = 1_024,
                Rows = 1,
                Range = leaf.Manifest.Range,
                Payload = leaf.Content,
            }])));
        world.Run(Moment);
        Assert.Single(world.Answers<EdgeAnswer.Refuse>());
        Assert.Equal(0, world.Holders(leaf.Leaf));
    }

    [Fact]
    public void A_full_disk_says_later_and_takes_the_shipment_when_there_is_room()
    {
        CloudWorld world = World(1, 1);
        world.Nodes[0].Disk.CapacityBytes = 2_000;
        VerifiedLeaf leaf = Shipments.Make(1);
        world.Offer(leaf);
        world.Run(Moment);
        Assert.Contains("full", Assert.Single(world.Answers<EdgeAnswer.Later>()).Reason);
        world.Nodes[0].Disk.CapacityBytes = long.MaxValue;
        world.Run(Minute);
        world.Offer(leaf);
        world.Run(Moment);
        Assert.Single(world.Answers<EdgeAnswer.Durable>());
    }

    [Fact]
    public void Leaves_below_the_horizon_are_expired()
    {
        CloudWorld world = World(1, 1);
        DatabaseSettings settings = new("db", null, new Day(17_001).Range.StartNanoseconds);
        world.Configure(ClusterStateMachine.Apply(world.Cluster, new ClusterCommand.SetDatabase(settings))!);
        world.Offer(Shipments.Make(1));
        world.Offer(Shipments.Make(1, cell: Shipments.Cell(17_001)));
        world.Run(Moment);
        Assert.Single(world.Answers<EdgeAnswer.Expired>());
        Assert.Single(world.Answers<EdgeAnswer.Durable>());
    }

    [Fact]
    public void A_new_epoch_counts_anew_with_the_owners_of_now()
    {
        CloudWorld world = World(3, 3);
        world.Nodes[1].Stop();
        world.Nodes[2].Stop();
        VerifiedLeaf leaf = Shipments.Make(1);
        world.Offer(leaf);
        world.Run(Moment);
        Assert.Empty(world.Answers<EdgeAnswer.Durable>());
        foreach (int number in new[] { 2, 3 })
        {
            ClusterCommand remove = new ClusterCommand.Remove(Shipments.Member(number).DirectoryId);
            world.Configure(ClusterStateMachine.Apply(world.Cluster, remove)!);
        }

        world.Run(Moment);
        Assert.NotEmpty(world.Answers<EdgeAnswer.Durable>());
    }

    [Fact]
    public void A_node_whose_directory_came_later_counts_only_after_it_pulled_from_the_others()
    {
        CloudWorld world = World(3, 3);
        for (int i = 1; i <= 5; i++) world.Offer(Shipments.Make(i, cell: Shipments.Cell(17_000 + i)));
        world.Run(Moment);
        CloudWorld.Node late = world.Nodes[2];
        late.Stop();
        foreach (string path in late.Disk.List("")) late.Disk.Delete(path);
        Member member = Shipments.Member(3) with { DirectoryId = new Guid(99, 0, 0, new byte[8]) };
        world.Configure(ClusterStateMachine.Apply(world.Cluster, new ClusterCommand.Admit(member))!);
        late.Start();
        VerifiedLeaf leaf = Shipments.Make(1);
        world.Nodes[1].Stop();
        world.Offer(leaf);
        world.Run(Minute);
        Assert.Equal(2, world.Nodes.Count(n => n.IsUp && n.Store.Current.Find(leaf.Leaf) is not null));
        Assert.DoesNotContain(world.Answers<EdgeAnswer.Durable>(), durable => durable.Hash == leaf.Leaf.Hash);
        Assert.Empty(late.Repair().Conclusive);
        Assert.False(late.IsWhole(leaf.Leaf));

        world.Nodes[1].Restart();
        Assert.Equal(4, late.Repair().Conclusive.Length);
        Assert.True(late.IsWhole(leaf.Leaf));
        Assert.Equal(6, late.Store.Current.LeafCount);
        world.Run(Minute);
        Assert.Contains(world.Answers<EdgeAnswer.Durable>(), durable => durable.Hash == leaf.Leaf.Hash);
    }

    private static CloudWorld World(int nodes, int replication, int seed = 1)
    {
        CloudWorld world = new(seed, nodes, replication);
        world.Register(Shipments.First);
        return world;
    }

    // An edge that does what it is asked for.
    private static void EdgeFor(CloudWorld world, VerifiedLeaf leaf) => world.Answered = (_, answer) =>
    {
        if (answer is not EdgeAnswer.Want want) return;
        if (want.Ranges.IsEmpty) world.Offer(leaf, inline: false);
        else world.SendChunks(leaf, ranges: want.Ranges);
    };
}
