using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Shipping;
using TsDb.Storage.Shipping;
using static TsDb.Tests.Replication.Shipping.ShipperDesk;

namespace TsDb.Tests.Replication.Shipping;

/// <summary>When the shipper takes a new incarnation, and what it takes back.</summary>
public sealed class IncarnationTests
{
    [Fact]
    public void A_new_incarnation_is_taken_once_and_said_anew()
    {
        ShipperDesk desk = new();
        desk.On(new ShipEvent.LinkUp(1_024));
        desk.On(new ShipEvent.Cluster(desk.Info()));
        EdgeAnswer.Hello verdict = new(Instance, First, HelloVerdict.TakeNewIncarnation, "restored");
        Assert.Single(desk.Say(N1, verdict).OfType<ShipEffect.TakeNewIncarnation>());
        Assert.Empty(desk.Say(N2, verdict));
        Incarnation second = new(new Guid(12, 0, 0, new byte[8]));
        IReadOnlyList<ShipEffect> effects = desk.On(new ShipEvent.IncarnationTaken(second));
        ShipEffect.SayControl hello = Assert.IsType<ShipEffect.SayControl>(Assert.Single(effects));
        Assert.Equal(second, Assert.IsType<EdgeControl.Hello>(hello.Control.Body).Incarnation);
        Assert.Empty(desk.Say(N3, verdict));
    }

    [Fact]
    public void Where_another_directory_has_cut_is_heard_of_the_incarnation_of_now_and_of_those_before()
    {
        ShipperDesk desk = new();
        ShipLeaf leaf = Leaf(1);
        desk.Register();
        desk.Cut(leaf);
        EdgeAnswer.Refuse refusal = new(leaf.Leaf.Hash, "another has that number", IsFork: true);
        Divergence at = new(leaf.Leaf.Cell, leaf.Leaf.Ordinal, leaf.Leaf.Ordinal);
        ShipEffect.TakeNewIncarnation take =
            Assert.Single(desk.Say(N1, refusal).OfType<ShipEffect.TakeNewIncarnation>());
        Assert.Equal(at, take.Divergence);
        EdgeAnswer.Hello word =
            new(Instance, First, HelloVerdict.TakeNewIncarnation, "restored") { Divergence = at };
        Assert.Equal([new ShipEffect.TakeBackCuts(First, at)], desk.Say(N2, word));
        desk.On(new ShipEvent.IncarnationTaken(new Incarnation(new Guid(12, 0, 0, new byte[8]))));
        Assert.Equal([new ShipEffect.TakeBackCuts(First, at)], desk.Say(N3, word));
    }
}
