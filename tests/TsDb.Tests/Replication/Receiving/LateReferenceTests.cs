using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Receiving;
using TsDb.Replication.Repair;

namespace TsDb.Tests.Replication.Receiving;

/// <summary>
/// Rows that refer to a shipment which is not here yet: an owner that is one behind must not stay so for as
/// long as more comes.
/// </summary>
public sealed class LateReferenceTests
{
    private readonly Receiver _receiver;
    private readonly ClusterConfiguration _cluster;
    private readonly DateTimeOffset _now = DateTimeOffset.UnixEpoch;
    private readonly VerifiedLeaf _leaf = Shipments.Make(2);
    private readonly ShardId _shard;
    private readonly OfferBundle _bundle;

    public LateReferenceTests()
    {
        _cluster = ClusterStateMachine.Apply(
            Shipments.Founded(3, 3), new ClusterCommand.RegisterEdge(Shipments.Edge, Shipments.First))!;
        _receiver = new Receiver(
            new ReceiverOptions { Self = Shipments.Node(1) }, () => ReplicaVersion.Empty, _ => true,
            _ => true);
        _shard = ShardId.Of(_leaf.Leaf.Cell, _cluster.ShardCount);
        _bundle = new OfferBundle(
            Shipments.Edge,
            Shipments.First,
            [new BundledLeaf(_leaf.Leaf.Cell, _leaf.Leaf.Ordinal, _leaf.Leaf.Hash.Tag, new Ordinal(1))],
            new byte[] { 1 });
        On(new ReceiveEvent.Configured(_cluster));
    }

    [Fact]
    public void A_bundle_that_cannot_be_opened_is_fetched_as_soon_as_a_co_owner_has_it()
    {
        Assert.Single(Offer().OfType<ReceiveEffect.Open>());
        Assert.Empty(Unopened().OfType<ReceiveEffect.Fetch>());
        ReceiveEffect.Fetch fetch = Assert.Single(Notice().OfType<ReceiveEffect.Fetch>());
        Assert.Equal((_leaf.Leaf, Shipments.Node(2)), (fetch.Leaf, fetch.From));
        Assert.Empty(Notice().OfType<ReceiveEffect.Fetch>());
    }

    [Fact]
    public void Or_at_once_if_one_has_told_so_before()
    {
        Offer();
        Assert.Empty(Notice().OfType<ReceiveEffect.Fetch>());
        Assert.Single(Unopened().OfType<ReceiveEffect.Fetch>());
    }

    [Fact]
    public void What_travels_by_itself_is_fetched_likewise()
    {
        On(new ReceiveEvent.Finished(_leaf.Leaf, ReceiveOutcome.ReferenceMissing, "not here"));
        Assert.Single(Notice().OfType<ReceiveEffect.Fetch>());
    }

    [Fact]
    public void What_can_be_read_is_waited_for()
    {
        Offer();
        On(new ReceiveEvent.Opened(
            Shipments.Edge, _shard, _bundle, [(_leaf.Leaf, _leaf.Content)]));
        Assert.Empty(Notice().OfType<ReceiveEffect.Fetch>());
    }

    private IReadOnlyList<ReceiveEffect> Offer() => On(new ReceiveEvent.Offered(
        Shipments.Edge, _shard, new OfferMessage(new MessageHeader(_cluster.Id, _cluster.Epoch), [])
        {
            Bundle = _bundle,
        }));

    private IReadOnlyList<ReceiveEffect> Unopened() =>
        On(new ReceiveEvent.Opened(Shipments.Edge, _shard, _bundle, []));

    private IReadOnlyList<ReceiveEffect> Notice() => On(new ReceiveEvent.Noticed(new StoredNotice(
        Shipments.Node(2), _cluster.Id, _cluster.Epoch, [new NoticedLeaf(_leaf.Leaf, Counts: true)])));

    private IReadOnlyList<ReceiveEffect> On(ReceiveEvent happened) => _receiver.On(happened, _now);
}
