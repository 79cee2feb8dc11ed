using System.Collections.Immutable;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Storage.Shipping;

namespace TsDb.Replication.Shipping;

/// <summary>
/// What a <see cref="Shipper"/> wants done, in this order. A host that fails at one says so by an event.
/// </summary>
public abstract record ShipEffect
{
    private ShipEffect()
    {
    }

    /// <summary>Publish on <c>hello/{edge}</c>.</summary>
    public sealed record SayControl(EdgeControl Control) : ShipEffect;

    /// <summary>Publish the digests of the ledger's durable leaves above the horizons, in pages.</summary>
    public sealed record SayDigests(MessageHeader Header, ClusterInfo Cluster) : ShipEffect;

    /// <summary>Take over the settings of databases that the cluster says.</summary>
    public sealed record TakeDatabases(ClusterInfo Cluster) : ShipEffect;

    /// <summary>Publish the leaves of one (cell, incarnation), in pages.</summary>
    public sealed record SayLeaves(MessageHeader Header, Cell Cell, Incarnation Incarnation) : ShipEffect;

    /// <summary>
    /// Find out in which form each of these is smallest; answer with <see cref="ShipEvent.Prepared"/>. With
    /// rows allowed they may be told together, in bundles of up to <paramref name="BundleBytesMax"/> bytes
    /// as they travel; 0: each by itself.
    /// </summary>
    public sealed record Prepare(ImmutableArray<ShipLeaf> Leaves, bool AllowRows, int BundleBytesMax)
        : ShipEffect;

    /// <summary>
    /// Publish one offer of shipments of one shard, with the bytes of those that are to go with it. Answer
    /// with Sent.
    /// </summary>
    public sealed record SendOffer(
        long LinkGeneration, MessageHeader Header, ShardId Shard, ImmutableArray<OfferedLeaf> Leaves)
        : ShipEffect
    {
        /// <summary>The bundle that they are told in, all of them; null where each goes by itself.</summary>
        public int? Bundle { get; init; }

        /// <summary>The first of them.</summary>
        public ShipLeaf Leaf => Leaves[0].Leaf;

        /// <summary>Whether its bytes go with the offer.</summary>
        public bool WithPayload => Leaves[0].WithPayload;
    }

    /// <summary>Publish a piece of a shipment in its travelling form. Answer with Sent.</summary>
    public sealed record SendChunk(
        long LinkGeneration, ShardId Shard, ShipLeaf Leaf, TravelForm Form, long Offset, int Length)
            : ShipEffect;

    /// <summary>Record that the leaf is durable.</summary>
    public sealed record MarkDurable(Leaf Leaf, Epoch Epoch) : ShipEffect;

    /// <summary>Record that the cloud will never need the leaf: its day is below the horizon.</summary>
    public sealed record MarkExpired(Leaf Leaf) : ShipEffect;

    /// <summary>The leaf was set aside: record it and tell people.</summary>
    public sealed record MarkQuarantined(Leaf Leaf, string Reason, Epoch Epoch) : ShipEffect;

    /// <summary>The leaf is offered again: record that it is not aside any more.</summary>
    public sealed record MarkRequeued(Leaf Leaf) : ShipEffect;

    /// <summary>
    /// The cloud lacks a leaf that is durable by the ledger: tell <see cref="ShipEvent.LeafCut"/> if the file
    /// is held.
    /// </summary>
    public sealed record LookUp(ContentHash Hash) : ShipEffect;

    /// <summary>Remember this cluster: from now on the edge ships to no other.</summary>
    public sealed record PinCluster(ClusterId Cluster) : ShipEffect;

    /// <summary>
    /// Begin a new incarnation, because another directory cuts, or has cut, under this one too; before that
    /// take back the cuts that may lie below its leaves. Then tell <see cref="ShipEvent.IncarnationTaken"/>.
    /// </summary>
    /// <param name="Divergence">Where the two part in a cell; null if the node does not say.</param>
    public sealed record TakeNewIncarnation(Divergence? Divergence) : ShipEffect;

    /// <summary>
    /// Where the two part in another cell, or by the word of another node: take back those cuts, too.
    /// </summary>
    public sealed record TakeBackCuts(Incarnation Incarnation, Divergence Divergence) : ShipEffect;
}
