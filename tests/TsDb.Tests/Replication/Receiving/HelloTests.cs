using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Receiving;

namespace TsDb.Tests.Replication.Receiving;

public sealed class HelloTests
{
    private static readonly Guid One = new(1, 0, 0, new byte[8]);
    private static readonly Guid Two = new(2, 0, 0, new byte[8]);
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = new ReceiverOptions { Self = default }.ClusterWordEvery;

    private readonly CloudWorld _world = new(1, 3, 3);

    [Fact]
    public void A_hello_is_registered_and_answered_by_one_node_and_by_all_when_it_is_repeated()
    {
        Hello(One, Shipments.First);
        Assert.Equal(HelloVerdict.Registered, Assert.Single(_world.Answers<EdgeAnswer.Hello>()).Verdict);
        Assert.Equal([Shipments.First], _world.Cluster.Edges[Shipments.Edge].Incarnations);
        Hello(One, Shipments.First);
        Assert.Equal(4, _world.Answers<EdgeAnswer.Hello>().Count());
    }

    [Fact]
    public void While_one_lives_another_of_its_name_is_refused_until_it_has_gone()
    {
        Presence(One, true);
        Hello(One, Shipments.First);
        _world.Said.Clear();
        Presence(Two, true);
        Hello(Two, Shipments.Second);
        EdgeAnswer.Hello refused = Assert.Single(_world.Answers<EdgeAnswer.Hello>());
        Assert.Equal((HelloVerdict.Refused, Two), (refused.Verdict, refused.Instance));
        Assert.DoesNotContain(Shipments.Second, _world.Cluster.Edges[Shipments.Edge].Incarnations);

        // The first repeats itself and is still the one; then its will says that it has gone.
        _world.Said.Clear();
        Hello(One, Shipments.First);
        Assert.All(_world.Answers<EdgeAnswer.Hello>(), a => Assert.Equal(HelloVerdict.Registered, a.Verdict));
        Presence(One, false);
        _world.Said.Clear();
        Hello(Two, Shipments.Second);
        Assert.All(_world.Answers<EdgeAnswer.Hello>(), a => Assert.Equal(HelloVerdict.Registered, a.Verdict));
        Assert.Equal(
            [Shipments.First, Shipments.Second], _world.Cluster.Edges[Shipments.Edge].Incarnations);
    }

    [Fact]
    public void A_presence_that_only_a_lost_broker_told_of_keeps_nobody_out_for_long()
    {
        Presence(One, true);
        Hello(One, Shipments.First);
        _world.Publish(new ReceiveEvent.BrokerLost("b"));
        _world.Run(TimeSpan.FromSeconds(61));
        _world.Said.Clear();
        Hello(Two, Shipments.Second);
        Assert.All(_world.Answers<EdgeAnswer.Hello>(), a => Assert.Equal(HelloVerdict.Registered, a.Verdict));
        Assert.NotEmpty(_world.Said);
    }

    [Fact]
    public void Nor_does_it_when_what_it_said_before_is_only_taken_in_afterwards()
    {
        Presence(One, true);
        Hello(One, Shipments.First);
        _world.Publish(new ReceiveEvent.BrokerLost("b"));
        Hello(One, Shipments.First);
        _world.Run(TimeSpan.FromSeconds(61));
        _world.Said.Clear();
        Hello(Two, Shipments.Second);
        Assert.All(_world.Answers<EdgeAnswer.Hello>(), a => Assert.Equal(HelloVerdict.Registered, a.Verdict));
        Assert.NotEmpty(_world.Said);
    }

    [Fact]
    public void An_incarnation_that_has_a_successor_was_restored_and_takes_a_new_one()
    {
        _world.Register(Shipments.First);
        _world.Register(Shipments.Second);
        Hello(One, Shipments.First);
        Assert.Equal(
            HelloVerdict.TakeNewIncarnation, Assert.Single(_world.Answers<EdgeAnswer.Hello>()).Verdict);
    }

    [Fact]
    public void A_hello_to_another_cluster_is_not_answered()
    {
        EdgeControl message = new(
            new MessageHeader(new ClusterId(One), new Epoch(1)),
            Shipments.Edge,
            One,
            new EdgeControl.Hello(Shipments.First, "1"));
        _world.Publish(new ReceiveEvent.Said(Shipments.Edge, message));
        _world.Run(Moment);
        Assert.Empty(_world.Said);
    }

    [Fact]
    public void A_ledger_that_is_behind_belongs_to_a_restored_edge_but_a_late_message_does_not()
    {
        Hello(One, Shipments.First);
        VerifiedLeaf[] leaves = [Shipments.Make(1), Shipments.Make(2)];
        foreach (VerifiedLeaf leaf in leaves) _world.Offer(leaf);
        _world.Run(Moment);
        _world.Said.Clear();
        Reconcile(leaves[..1]);
        Assert.Equal(3, _world.Answers<EdgeAnswer.LeavesWanted>().Count());
        Assert.Empty(_world.Answers<EdgeAnswer.Hello>());
        List(leaves);
        Assert.Empty(_world.Answers<EdgeAnswer.Hello>());
        Reconcile(leaves[..1]);
        List(leaves[..1]);
        Assert.All(
            _world.Answers<EdgeAnswer.Hello>(), a =>
                Assert.Equal(
                    (HelloVerdict.TakeNewIncarnation, At(first: 2, unseen: 2)), (a.Verdict, a.Divergence)));
        Assert.NotEmpty(_world.Answers<EdgeAnswer.Hello>());
    }

    [Fact]
    public void What_no_leaf_here_tells_of_the_ledger_before_it_is_said_too()
    {
        Hello(One, Shipments.First);
        _world.Offer(Shipments.Make(1));
        _world.Offer(Shipments.Make(4));
        _world.Run(Moment);
        _world.Said.Clear();
        List([Shipments.Make(1), .. Enumerable.Range(2, 3).Select(i => Shipments.Make(i, seed: 1))]);
        Assert.NotEmpty(_world.Answers<EdgeAnswer.Hello>());
        Assert.All(
            _world.Answers<EdgeAnswer.Hello>(),
            a => Assert.Equal(At(first: 4, unseen: 2), a.Divergence));

        // Of what comes before a page of the list nothing is known.
        _world.Said.Clear();
        List([.. Enumerable.Range(3, 2).Select(i => Shipments.Make(i, seed: 1))]);
        Assert.All(
            _world.Answers<EdgeAnswer.Hello>(),
            a => Assert.Equal(At(first: 4, unseen: 1), a.Divergence));
    }

    [Fact]
    public void A_ledger_with_another_cut_of_a_number_belongs_to_a_restored_edge_that_has_not_heard_yet()
    {
        Hello(One, Shipments.First);
        _world.Offer(Shipments.Make(1));
        _world.Run(Moment);
        _world.Said.Clear();
        VerifiedLeaf[] cuts = [Shipments.Make(1, seed: 1), Shipments.Make(2, seed: 1)];
        List(cuts);
        Assert.NotEmpty(_world.Answers<EdgeAnswer.Hello>());
        Assert.All(
            _world.Answers<EdgeAnswer.Hello>(), a =>
                Assert.Equal((HelloVerdict.TakeNewIncarnation, One), (a.Verdict, a.Instance)));
        Assert.Empty(_world.Answers<EdgeAnswer.Missing>());

        // Also once it has taken a new one: that may have been by a word about another cell. What the cloud
        // lacks of the old ledger is asked for as ever.
        _world.Register(Shipments.Second);
        _world.Said.Clear();
        List(cuts);
        Assert.NotEmpty(_world.Answers<EdgeAnswer.Hello>());
        Assert.All(
            _world.Answers<EdgeAnswer.Hello>(),
            a => Assert.Equal(
                (Shipments.First, At(first: 1, unseen: 1)), (a.Incarnation, a.Divergence)));
        Assert.All(
            _world.Answers<EdgeAnswer.Missing>(), m => Assert.Equal([cuts[1].Leaf.Hash], m.Hashes));
        Assert.NotEmpty(_world.Answers<EdgeAnswer.Missing>());
    }

    [Fact]
    public void Two_cuts_of_a_number_that_only_a_repair_brought_together_are_told_of()
    {
        Hello(One, Shipments.First);
        _world.Offer(Shipments.Make(1));
        _world.Offer(Shipments.Make(2));
        _world.Run(Moment);
        ReceiveEvent.RepairEnded ended =
            new(ShardId.Of(Shipments.Cell(), _world.Cluster.ShardCount), IsConclusive: true);
        _world.Said.Clear();
        _world.Publish(ended);
        _world.Run(Moment);
        Assert.Empty(_world.Answers<EdgeAnswer.Hello>());
        foreach (CloudWorld.Node node in _world.Nodes)
            node.Store.Store([Shipments.Make(2, seed: 1)], areHeld: true);
        _world.Publish(ended);
        _world.Run(Moment);
        Assert.NotEmpty(_world.Answers<EdgeAnswer.Hello>());
        Assert.All(
            _world.Answers<EdgeAnswer.Hello>(),
            a => Assert.Equal((One, At(first: 2, unseen: 2)), (a.Instance, a.Divergence)));
    }

    [Fact]
    public void Equal_ledgers_are_silent_and_what_nobody_has_is_asked_for_again()
    {
        Hello(One, Shipments.First);
        VerifiedLeaf[] leaves = [Shipments.Make(1), Shipments.Make(2)];
        _world.Offer(leaves[0]);
        _world.Run(Moment);
        _world.Said.Clear();
        Reconcile(leaves[..1]);
        Assert.Empty(_world.Said);
        Reconcile(leaves);
        List(leaves);
        Assert.NotEmpty(_world.Answers<EdgeAnswer.Missing>());
        Assert.All(_world.Answers<EdgeAnswer.Missing>(), m => Assert.Equal([leaves[1].Leaf.Hash], m.Hashes));
    }

    [Fact]
    public void What_one_owner_lacks_and_another_has_is_not_asked_from_the_edge()
    {
        Hello(One, Shipments.First);
        _world.Nodes[0].Stop();
        VerifiedLeaf leaf = Shipments.Make(1);
        _world.Offer(leaf);
        _world.Run(Moment);
        _world.Nodes[0].Restart();
        _world.Said.Clear();
        Reconcile([leaf]);
        List([leaf]);
        Assert.Empty(_world.Answers<EdgeAnswer.Missing>());
        Assert.Equal(3, _world.Holders(leaf.Leaf));
    }

    [Fact]
    public void Before_an_edge_deletes_it_hears_of_each_leaf_that_it_is_durable_or_missing()
    {
        Hello(One, Shipments.First);
        VerifiedLeaf stored = Shipments.Make(1);
        VerifiedLeaf unknown = Shipments.Make(2);
        _world.Offer(stored);
        _world.Run(Moment);
        _world.Said.Clear();
        _world.Say(new EdgeControl.Confirm([stored.Leaf, unknown.Leaf]), One);
        _world.Run(Moment);
        Assert.Contains(_world.Answers<EdgeAnswer.Durable>(), durable => durable.Hash == stored.Leaf.Hash);
        Assert.All(_world.Answers<EdgeAnswer.Missing>(), m => Assert.Equal([unknown.Leaf.Hash], m.Hashes));

        // Durable means now: with the files gone from two of three disks there is no such answer.
        _world.Said.Clear();
        foreach (CloudWorld.Node node in _world.Nodes.Take(2))
            node.Store.MarkLost(node.Store.Current.Find(stored.Leaf)!, "test");
        foreach (CloudWorld.Node node in _world.Nodes.Take(2)) node.Stop();
        _world.Say(new EdgeControl.Confirm([stored.Leaf]), One);
        _world.Run(Moment);
        Assert.Empty(_world.Answers<EdgeAnswer.Durable>());
    }

    [Fact]
    public void An_edge_that_heard_an_older_description_of_the_cluster_hears_it_again()
    {
        _world.Configure(_world.Cluster with { Revision = 7 });
        _world.Run(Pause);
        Lag(revision: 8);
        Lag(revision: 0);
        _world.Run(Pause);
        Assert.Empty(_world.ClusterSaid);

        // Every node says it: each may be the only one that a broker hears.
        Lag(revision: 7);
        _world.Run(Moment);
        Assert.Equal(
            _world.Nodes.Select(node => node.Id), _world.ClusterSaid.Select(said => said.Node).Order());

        // One that asks too early gets it late rather than never; asking often does not make it more often.
        DateTimeOffset first = _world.ClusterSaid[0].At;
        _world.ClusterSaid.Clear();
        for (int i = 0; i < 8; i++)
        {
            Lag(revision: 7);
            _world.Run(Moment);
        }

        Assert.Equal(3, _world.ClusterSaid.Count);
        Assert.All(_world.ClusterSaid, said => Assert.Equal(first + Pause, said.At));
        _world.Run(Pause);
        Assert.Equal(6, _world.ClusterSaid.Count);
        _world.Run(Pause * 3);
        Assert.Equal(6, _world.ClusterSaid.Count);
    }

    private static Divergence At(long first, long unseen) =>
        new(Shipments.Cell(), new Ordinal(first), new Ordinal(unseen));

    private void Lag(long revision) => _world.Say(new EdgeControl.Lag { Revision = revision }, One);

    private void Hello(Guid instance, Incarnation incarnation)
    {
        _world.Say(new EdgeControl.Hello(incarnation, "1"), instance);
        _world.Run(Moment);
    }

    private void Presence(Guid instance, bool online) =>
        _world.Publish(new ReceiveEvent.PresenceCame("b", new Presence(Shipments.Edge, instance, online)));

    private void Reconcile(IReadOnlyCollection<VerifiedLeaf> leaves)
    {
        _world.Say(
            new EdgeControl.Reconcile(
            [
                new CellDigest(
                    Shipments.Cell(),
                    Shipments.First,
                    LeafDigest.Of(leaves.Select(leaf => leaf.Leaf)),
                    leaves.Max(leaf => leaf.Leaf.Ordinal.Value)),
            ]),
            One);
        _world.Run(Moment);
    }

    private void List(IEnumerable<VerifiedLeaf> leaves)
    {
        _world.Say(
            new EdgeControl.LeafList(
                Shipments.Cell(),
                Shipments.First,
                [.. leaves.Select(leaf => new LeafEntry(leaf.Leaf.Ordinal, leaf.Leaf.Hash))],
                IsLast: true),
            One);
        _world.Run(Moment);
    }
}
