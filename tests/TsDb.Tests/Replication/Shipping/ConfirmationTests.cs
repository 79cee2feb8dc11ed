using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Shipping;
using TsDb.Storage.Shipping;
using static TsDb.Tests.Replication.Shipping.ShipperDesk;

namespace TsDb.Tests.Replication.Shipping;

/// <summary>Before an edge deletes what it shipped it asks the cloud once more.</summary>
public sealed class ConfirmationTests
{
    private readonly ShipperDesk _desk = new();
    private readonly ShipLeaf _first = Leaf(1);
    private readonly ShipLeaf _second = Leaf(2);

    [Fact]
    public void What_the_cloud_confirms_when_asked_counts_for_a_while()
    {
        _desk.Register();
        Assert.Equal([_first.Leaf, _second.Leaf], Ask());
        Assert.False(Has(_first));
        _desk.Say(N1, new EdgeAnswer.Durable(_first.Leaf.Hash));
        Assert.True(Has(_first));
        Assert.False(Has(_second));
        _desk.Say(N2, new EdgeAnswer.Expired(_second.Leaf.Hash));
        Assert.True(Has(_second));
        _desk.After(TimeSpan.FromMinutes(3));
        Assert.False(Has(_first));
        Assert.Equal([_first.Leaf, _second.Leaf], Ask());
        Assert.False(Has(_first));
    }

    [Fact]
    public void What_was_never_asked_or_one_node_has_or_the_cloud_lacks_is_not_confirmed()
    {
        _desk.Register();
        _desk.Say(N1, new EdgeAnswer.Durable(_first.Leaf.Hash));
        Assert.False(Has(_first));
        Ask();
        _desk.Say(N1, new EdgeAnswer.Have(_first.Leaf.Hash));
        Assert.False(Has(_first));
        _desk.Say(N1, new EdgeAnswer.Durable(_first.Leaf.Hash));
        IReadOnlyList<ShipEffect> effects = _desk.Say(N2, new EdgeAnswer.Missing([_first.Leaf.Hash]));
        Assert.False(Has(_first));
        Assert.Equal(_first.Leaf.Hash, Assert.Single(effects.OfType<ShipEffect.LookUp>()).Hash);
    }

    [Fact]
    public void What_an_owner_has_and_counts_is_not_asked_about_again_so_soon()
    {
        Confirmations said = _desk.Shipper.Confirmations;
        _desk.Register();
        _desk.Say(N1, new EdgeAnswer.Have(_first.Leaf.Hash));
        Assert.False(said.Rests(_first.Leaf.Hash, _desk.Now));
        Ask();
        _desk.Say(N1, new EdgeAnswer.Have(_first.Leaf.Hash));
        Assert.True(said.Rests(_first.Leaf.Hash, _desk.Now));
        Assert.False(said.Rests(_second.Leaf.Hash, _desk.Now));
        _desk.After(TimeSpan.FromMinutes(1));
        Assert.False(said.Rests(_first.Leaf.Hash, _desk.Now));
        _desk.Say(N2, new EdgeAnswer.Durable(_first.Leaf.Hash));
        Assert.True(Has(_first));
    }

    [Fact]
    public void Another_clusters_word_or_an_older_epochs_does_not_count()
    {
        _desk.Register();
        Ask();
        _desk.On(new ShipEvent.Answered(new EdgeAnswers(
            new MessageHeader(ClusterB, new Epoch(9)), N1, [new EdgeAnswer.Durable(_first.Leaf.Hash)])));
        _desk.SayAt(0, N1, new EdgeAnswer.Durable(_first.Leaf.Hash));
        Assert.False(Has(_first));
    }

    [Fact]
    public void Without_a_link_nobody_is_asked() => Assert.Empty(Ask());

    private Leaf[] Ask() =>
    [
        .. _desk.On(new ShipEvent.ConfirmAsked([_first.Leaf, _second.Leaf]))
            .OfType<ShipEffect.SayControl>().Select(say => say.Control.Body)
            .OfType<EdgeControl.Confirm>().SelectMany(confirm => confirm.Leaves),
    ];

    private bool Has(ShipLeaf leaf) => _desk.Shipper.Confirmations.Has(leaf.Leaf.Hash, _desk.Now);
}
