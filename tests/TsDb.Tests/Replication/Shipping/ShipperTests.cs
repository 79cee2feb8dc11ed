using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Shipping;
using TsDb.Storage.Shipping;
using static TsDb.Tests.Replication.Shipping.ShipperDesk;

namespace TsDb.Tests.Replication.Shipping;

/// <summary>The shipper's rules, one sentence each.</summary>
public sealed class ShipperTests
{
    [Fact]
    public void Nothing_is_offered_before_the_hello_is_answered()
    {
        ShipperDesk desk = new();
        desk.Cut(Leaf(1));
        Assert.Empty(desk.On(new ShipEvent.LinkUp(1_024)));
        ShipEffect hello = Assert.Single(desk.On(new ShipEvent.Cluster(desk.Info())));
        Assert.IsType<EdgeControl.Hello>(Assert.IsType<ShipEffect.SayControl>(hello).Control.Body);
        Assert.Empty(desk.After(TimeSpan.FromSeconds(1)));

        IReadOnlyList<ShipEffect> effects =
            desk.Say(N1, new EdgeAnswer.Hello(Instance, First, HelloVerdict.Registered, ""));
        Assert.Equal(ClusterA, Assert.Single(effects.OfType<ShipEffect.PinCluster>()).Cluster);
        Assert.Single(effects.OfType<ShipEffect.SayDigests>());
        Assert.True(Assert.Single(effects.OfType<ShipEffect.SendOffer>()).WithPayload);
    }

    [Fact]
    public void A_hello_without_answer_is_repeated_with_growing_pauses()
    {
        ShipperDesk desk = new();
        desk.On(new ShipEvent.LinkUp(1_024));
        desk.On(new ShipEvent.Cluster(desk.Info()));
        List<double> pauses = [];
        for (int i = 0; i < 6; i++)
        {
            TimeSpan pause = desk.Shipper.WakeAt!.Value - desk.Now;
            pauses.Add(pause.TotalSeconds);
            Assert.Single(desk.After(pause).OfType<ShipEffect.SayControl>());
        }

        Assert.Equal([2, 4, 8, 16, 30, 30], pauses);
    }

    [Fact]
    public void A_refused_edge_offers_nothing_and_says_why()
    {
        ShipperDesk desk = new();
        desk.Cut(Leaf(1));
        desk.On(new ShipEvent.LinkUp(1_024));
        desk.On(new ShipEvent.Cluster(desk.Info()));
        desk.Say(N1, new EdgeAnswer.Hello(Instance, First, HelloVerdict.Refused, "E1 is live elsewhere"));
        Assert.DoesNotContain(desk.After(TimeSpan.FromMinutes(1)), e => e is ShipEffect.SendOffer);
        Assert.Equal(("E1 is live elsewhere", "saying hello"), (desk.Status.LastError, desk.Status.State));
        Assert.Single(desk.Say(N1, new EdgeAnswer.Hello(Instance, First, HelloVerdict.Registered, ""))
            .OfType<ShipEffect.SendOffer>());
    }

    [Fact]
    public void What_is_heard_while_the_link_comes_up_stays_and_why_it_was_down_goes()
    {
        ShipperDesk desk = new();
        desk.On(new ShipEvent.LinkDown("refused"));
        Assert.Equal("refused", desk.Status.LastError);
        desk.On(new ShipEvent.LinkUp(1_024));
        Assert.Null(desk.Status.LastError);
        desk.On(new ShipEvent.LinkDown("refused"));
        desk.On(new ShipEvent.NotUnderstood("start a newer one"));
        desk.On(new ShipEvent.LinkUp(1_024));
        Assert.Equal("start a newer one", desk.Status.LastError);
    }

    [Fact]
    public void An_older_description_of_the_cluster_does_not_replace_a_newer_one()
    {
        ShipperDesk desk = new();
        desk.Register();
        ClusterInfo newer = desk.Info() with { Revision = 9 };
        ShipEffect taken = Assert.Single(desk.On(new ShipEvent.Cluster(newer)));
        Assert.Same(newer, Assert.IsType<ShipEffect.TakeDatabases>(taken).Cluster);
        Assert.Empty(desk.On(new ShipEvent.Cluster(newer with { Revision = 8 })));
        Assert.Equal(9, desk.Shipper.HeardRevision);

        // The same again is taken: the disk may not have taken it the first time.
        Assert.Single(desk.On(new ShipEvent.Cluster(newer)));
    }

    [Fact]
    public void Another_cluster_and_lower_epochs_are_ignored()
    {
        ShipperDesk desk = new();
        ShipLeaf leaf = Leaf(1);
        desk.Register();
        desk.Cut(leaf);
        desk.On(new ShipEvent.Cluster(desk.Info(9, ClusterB)));
        Assert.Contains(ClusterB.ToString(), desk.Status.LastError, StringComparison.Ordinal);
        desk.On(new ShipEvent.Cluster(desk.Info(5)));
        Assert.Empty(desk.SayAt(4, N1, new EdgeAnswer.Durable(leaf.Leaf.Hash)));
        desk.On(new ShipEvent.Answered(
            new EdgeAnswers(
                new MessageHeader(ClusterB, new Epoch(7)), N1, [new EdgeAnswer.Durable(leaf.Leaf.Hash)])));
        Assert.Equal(1, desk.Status.OpenLeaves);
        ShipEffect.MarkDurable mark = Assert.Single(
            desk.SayAt(5, N1, new EdgeAnswer.Durable(leaf.Leaf.Hash)).OfType<ShipEffect.MarkDurable>());
        Assert.Equal(new Epoch(5), mark.Epoch);
        Assert.Empty(desk.SayAt(5, N2, new EdgeAnswer.Durable(leaf.Leaf.Hash)));
    }

    [Fact]
    public void The_newest_goes_first_with_the_backlog_beside_it()
    {
        ShipperDesk desk = new();
        desk.Cut(Leaf(1), Leaf(2), Leaf(3), Leaf(4), Leaf(5));
        int[] days = [.. desk.Register().OfType<ShipEffect.SendOffer>().Select(
            o => o.Leaf.Leaf.Cell.Day.Number)];
        Assert.Equal([5, 1, 4, 2, 3], days);
    }

    [Fact]
    public void A_new_leaf_overtakes_a_large_one_that_is_being_sent()
    {
        ShipperDesk desk = new();
        desk.Cut(Leaf(1, bytes: 200_000));
        Assert.Equal(15, desk.Register(256).OfType<ShipEffect.SendChunk>().Count());
        desk.Cut(Leaf(2));
        List<ShipEffect> next = [];
        for (int i = 0; i < 2; i++) next.AddRange(desk.On(new ShipEvent.Sent(1, Leaf(1, 200_000).Leaf.Hash)));
        Assert.Equal(2, Assert.Single(next.OfType<ShipEffect.SendOffer>()).Leaf.Leaf.Cell.Day.Number);
    }

    [Fact]
    public void The_window_bounds_messages_in_flight_and_every_byte_is_sent_once()
    {
        ShipperDesk desk = new();
        desk.Cut(Leaf(1, bytes: 100_000));
        IReadOnlyList<ShipEffect> first = desk.Register(256);
        Assert.Equal(16, first.Count(e => e is ShipEffect.SendOffer or ShipEffect.SendChunk));
        ShipEffect.SendChunk[] chunks = [.. desk.Deliver(first).OfType<ShipEffect.SendChunk>()];
        Assert.Equal(391, chunks.Length);
        Assert.Equal(100_000, chunks.Sum(c => c.Length));
        Assert.Equal(chunks.Select((_, i) => i * 256L), chunks.Select(c => c.Offset));
    }

    [Fact]
    public void Wants_bring_only_what_is_missing_and_are_united()
    {
        ShipperDesk desk = new();
        ShipLeaf leaf = Leaf(1, bytes: 10_000);
        desk.Cut(leaf);
        desk.Deliver(desk.Register());
        desk.After(TimeSpan.FromSeconds(3));
        EdgeAnswer.Want want = new(leaf.Leaf.Hash, TransferForm.Plain, Ranges((2_048, 1_024), (9_900, 100)));
        EdgeAnswer.Want other = new(leaf.Leaf.Hash, TransferForm.Plain, Ranges((2_050, 2_000)));
        List<ShipEffect> effects = [.. desk.Say(N1, want), .. desk.Say(N2, other), .. desk.Say(N3, want)];
        Assert.Equal([2_048, 9_216, 3_072], effects.OfType<ShipEffect.SendChunk>().Select(c => c.Offset));
        Assert.Equal(784, effects.OfType<ShipEffect.SendChunk>().ElementAt(1).Length);
    }

    [Fact]
    public void After_silence_an_offer_is_repeated_without_its_chunks_ever_more_rarely()
    {
        ShipperDesk desk = new();
        desk.Cut(Leaf(1, bytes: 10_000));
        desk.Deliver(desk.Register());
        List<double> pauses = [];
        for (int i = 0; i < 8; i++)
        {
            TimeSpan pause = desk.Shipper.WakeAt!.Value - desk.Now;
            pauses.Add(pause.TotalSeconds);
            IReadOnlyList<ShipEffect> effects = desk.Deliver(desk.After(pause));
            Assert.False(Assert.Single(effects.OfType<ShipEffect.SendOffer>()).WithPayload);
            Assert.Empty(effects.OfType<ShipEffect.SendChunk>());
        }

        Assert.Equal([5, 10, 20, 40, 80, 160, 300, 300], pauses);
    }

    [Fact]
    public void After_a_lost_link_a_large_shipment_is_resumed_by_wants()
    {
        ShipperDesk desk = new();
        ShipLeaf leaf = Leaf(1, bytes: 100_000);
        desk.Cut(leaf);
        desk.Register();
        desk.On(new ShipEvent.LinkDown("cut"));
        Assert.Equal(LeafState.Cut, desk.Ledger.StateOf(leaf.Leaf.Hash));
        IReadOnlyList<ShipEffect> effects = desk.Deliver(desk.Register());
        Assert.Single(effects.OfType<ShipEffect.SendOffer>());
        Assert.Empty(effects.OfType<ShipEffect.SendChunk>());
        EdgeAnswer.Want want = new(leaf.Leaf.Hash, TransferForm.Plain, Ranges((51_200, 48_800)));
        Assert.Equal(48, desk.Deliver(desk.Say(N1, want)).OfType<ShipEffect.SendChunk>().Count());
    }

    [Fact]
    public void What_an_older_link_reports_changes_nothing()
    {
        ShipperDesk desk = new();
        ShipLeaf leaf = Leaf(1, bytes: 100_000);
        desk.Cut(leaf);
        desk.Register();
        desk.On(new ShipEvent.LinkDown("cut"));
        desk.Register();
        for (int i = 0; i < 20; i++) Assert.Empty(desk.On(new ShipEvent.Sent(1, leaf.Leaf.Hash)));
    }

    [Fact]
    public void One_refusal_of_three_goes_on_two_quarantine_and_shipping_goes_on_behind()
    {
        ShipperDesk desk = new();
        ShipLeaf bad = Leaf(1);
        desk.Cut(bad);
        desk.Deliver(desk.Register());
        Assert.Empty(desk.Say(N1, new EdgeAnswer.Refuse(bad.Leaf.Hash, "hash")));
        Assert.Empty(desk.Say(N1, new EdgeAnswer.Refuse(bad.Leaf.Hash, "hash")));
        ShipEffect.MarkQuarantined aside = Assert.IsType<ShipEffect.MarkQuarantined>(
            Assert.Single(desk.Say(N2, new EdgeAnswer.Refuse(bad.Leaf.Hash, "bad row group"))));
        Assert.Equal("N2: bad row group", aside.Reason);
        Assert.Equal(1, desk.Status.Quarantined);
        Assert.Single(desk.Cut(Leaf(2)).OfType<ShipEffect.SendOffer>());
        Assert.Empty(
            desk.After(TimeSpan.FromMinutes(10)).OfType<ShipEffect.SendOffer>().Where(o => o.Leaf == bad));

        // A program that starts again knows of it, and that this epoch has had its say.
        ShipLedger restored = new();
        restored.Add(bad);
        restored.Quarantine(bad.Leaf.Hash, aside.Reason, aside.Epoch);
        ShipperDesk later = new(ledger: restored);
        Assert.Empty(later.Register().OfType<ShipEffect.SendOffer>());
        Assert.Equal(1, later.Status.Quarantined);
        Assert.Single(later.On(new ShipEvent.RequeueAll()).OfType<ShipEffect.MarkRequeued>());

        IReadOnlyList<ShipEffect> again = desk.On(new ShipEvent.Cluster(desk.Info(2)));
        Assert.Contains(again.OfType<ShipEffect.SendOffer>(), o => o.Leaf == bad);
    }

    [Fact]
    public void Later_from_so_many_that_no_quorum_is_left_puts_the_leaf_off()
    {
        ShipperDesk desk = new();
        ShipLeaf leaf = Leaf(1);
        desk.Cut(leaf);
        desk.Deliver(desk.Register());
        EdgeAnswer.Later later = new(TimeSpan.FromSeconds(60), leaf.Leaf.Hash, "disk full");
        desk.Say(N1, later);
        desk.Say(N2, later);
        Assert.Empty(desk.After(TimeSpan.FromSeconds(59)));
        Assert.Single(desk.After(TimeSpan.FromSeconds(1)).OfType<ShipEffect.SendOffer>());
        Assert.Contains("disk full", desk.Status.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public void Expired_ends_a_leaf_and_missing_brings_back_what_was_durable()
    {
        ShipperDesk desk = new();
        ShipLeaf leaf = Leaf(1);
        desk.Cut(leaf);
        desk.Register();
        Assert.Single(desk.Say(N1, new EdgeAnswer.Expired(leaf.Leaf.Hash)).OfType<ShipEffect.MarkExpired>());
        Assert.Equal(0, desk.Status.OpenLeaves);
        Assert.Single(desk.Say(N1, new EdgeAnswer.Missing([leaf.Leaf.Hash])).OfType<ShipEffect.LookUp>());
        Assert.Single(desk.On(new ShipEvent.LeafCut(leaf)).OfType<ShipEffect.SendOffer>());
    }

    [Fact]
    public void What_the_cloud_misses_is_not_looked_up_while_shipping_is_paused()
    {
        ShipperDesk desk = new();
        desk.Register();
        desk.On(new ShipEvent.Pause(true));
        EdgeAnswer.Missing missing = new([Leaf(1).Leaf.Hash]);
        Assert.Empty(desk.Say(N1, missing).OfType<ShipEffect.LookUp>());
        desk.On(new ShipEvent.Pause(false));
        Assert.Single(desk.Say(N1, missing).OfType<ShipEffect.LookUp>());
    }

    [Fact]
    public void A_paused_shipper_sends_nothing_until_it_is_resumed()
    {
        ShipperDesk desk = new();
        desk.On(new ShipEvent.Pause(true));
        desk.Cut(Leaf(1));
        desk.Register();
        Assert.Empty(desk.After(TimeSpan.FromMinutes(5)).OfType<ShipEffect.SendOffer>());
        Assert.Equal("paused", desk.Status.State);
        Assert.Single(desk.On(new ShipEvent.Pause(false)).OfType<ShipEffect.SendOffer>());
    }

    [Fact]
    public void The_rate_limit_holds_on_average()
    {
        ShipperDesk desk = new(options: Options with { BytesPerSecondMax = 10_000 });
        desk.Cut(Leaf(1, bytes: 200_000));
        long sent = desk.Deliver(desk.Register(4_096)).OfType<ShipEffect.SendChunk>().Sum(c => c.Length);
        while (desk.Now < DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds(10))
        {
            TimeSpan pause = desk.Shipper.WakeAt!.Value - desk.Now;
            Assert.True(pause > TimeSpan.Zero);
            sent += desk.Deliver(desk.After(pause)).OfType<ShipEffect.SendChunk>().Sum(c => c.Length);
        }

        Assert.InRange(sent, 90_000, 120_000);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_set_aside_and_the_rest_goes_on()
    {
        ShipperDesk desk = new();
        ShipLeaf broken = Leaf(2);
        desk.Cut(Leaf(1), broken);
        desk.Register();
        IReadOnlyList<ShipEffect> effects = desk.On(
            new ShipEvent.ReadFailed(broken.Leaf.Hash, "bad sector"));
        Assert.Equal("bad sector", Assert.Single(effects.OfType<ShipEffect.MarkQuarantined>()).Reason);
        Assert.Equal(LeafState.Offered, desk.Ledger.StateOf(Leaf(1).Leaf.Hash));
    }

    [Fact]
    public void Unanswered_leaves_do_not_keep_new_ones_waiting_while_the_cloud_is_heard()
    {
        ShipperDesk desk = new(options: Options with { TransfersMax = 4 });
        desk.Cut(Enumerable.Range(1, 6).Select(day => Leaf(day)));
        Assert.Equal(4, desk.Deliver(desk.Register()).OfType<ShipEffect.SendOffer>().Count());
        List<ShipEffect> later = [];
        for (int second = 0; second < 40; second++)
        {
            later.AddRange(desk.Deliver(desk.Say(N1, new EdgeAnswer.Have(Leaf(99).Leaf.Hash))));
            later.AddRange(desk.Deliver(desk.After(TimeSpan.FromSeconds(1))));
        }

        Assert.Equal(6, later.OfType<ShipEffect.SendOffer>().Select(o => o.Leaf).Distinct().Count());
    }

    [Fact]
    public void Small_shipments_of_one_shard_travel_in_one_offer_and_each_is_answered_by_itself()
    {
        ShipperDesk desk = new();
        ShipLeaf[] leaves = [.. Enumerable.Range(1, 6).Select(n => Leaf(1, bytes: 100 + n, ordinal: n))];
        desk.Cut(leaves);
        ShipEffect.SendOffer offer =
            Assert.Single(desk.Deliver(desk.Register()).OfType<ShipEffect.SendOffer>());
        Assert.Equal(6, offer.Leaves.Length);
        Assert.Equal(leaves[5], offer.Leaf);
        desk.Say(N1, leaves.Skip(1).Select(l => new EdgeAnswer.Durable(l.Leaf.Hash)));
        Assert.Equal(1, desk.Status.OpenLeaves);
        ShipEffect.SendOffer again =
            Assert.Single(desk.After(TimeSpan.FromSeconds(5)).OfType<ShipEffect.SendOffer>());
        Assert.Equal(leaves[0], Assert.Single(again.Leaves).Leaf);
    }

    [Fact]
    public void What_the_cloud_cannot_make_of_rows_is_sent_plain()
    {
        ShipperDesk desk = new()
        {
            FormOf = leaf => new TravelForm(TransferForm.Rows, leaf.BytesLength / 4, new Ordinal(1)),
        };
        ShipLeaf leaf = Leaf(1, bytes: 3_000, ordinal: 2);
        desk.Cut(leaf);
        ShipEffect.SendOffer offer =
            Assert.Single(desk.Deliver(desk.Register()).OfType<ShipEffect.SendOffer>());
        Assert.Equal((TransferForm.Rows, true), (offer.Leaves[0].Form.Form, offer.WithPayload));

        // Wants of a form that was offered before say nothing of this one.
        Assert.Empty(desk.Say(N1,
            new EdgeAnswer.Want(leaf.Leaf.Hash, TransferForm.Plain, Ranges((0, 3_000)))));
        IReadOnlyList<ShipEffect> effects =
            desk.Deliver(desk.Say(N1, new EdgeAnswer.Want(leaf.Leaf.Hash, TransferForm.Plain, [])));
        OfferedLeaf plain = Assert.Single(effects.OfType<ShipEffect.SendOffer>()).Leaves[0];
        Assert.Equal((TransferForm.Plain, false), (plain.Form.Form, plain.WithPayload));
        Assert.Equal(3_000, effects.OfType<ShipEffect.SendChunk>().Sum(c => c.Length));
    }

    [Fact]
    public void Outside_its_hours_nothing_is_sent_and_at_their_beginning_it_goes_on()
    {
        // The clock of these tests begins at midnight, UTC.
        ShipperDesk desk = new(options: Options with { Hours = ShipHours.Parse("06:00-07:00") });
        desk.Cut(Leaf(1));
        Assert.Empty(desk.Register().OfType<ShipEffect.SendOffer>());
        Assert.Equal(ShipStatus.OutsideHours, desk.Status.State);
        int looks = 0;
        List<ShipEffect> effects = [];
        for (; effects.OfType<ShipEffect.SendOffer>().FirstOrDefault() is null && looks < 100; looks++)
            effects.AddRange(desk.After(desk.Shipper.WakeAt!.Value - desk.Now));
        Assert.Equal(6, desk.Now.Hour);
        Assert.Equal("shipping", desk.Status.State);
        Assert.InRange(looks, 1, 40);
    }
}
