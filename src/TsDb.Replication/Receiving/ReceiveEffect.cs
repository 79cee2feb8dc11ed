using System.Collections.Immutable;
using TsDb.Codec.Shipment;
using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <summary>Something that a <see cref="Receiver"/> wants done.</summary>
public abstract record ReceiveEffect
{
    private ReceiveEffect()
    {
    }

    /// <summary>Say this to an edge, on every broker. It may get lost.</summary>
    public sealed record Answer(EdgeId Edge, EdgeAnswer What) : ReceiveEffect;

    /// <summary>Verify and store; ends with <see cref="ReceiveEvent.Finished"/>.</summary>
    public sealed record Keep(TransferredLeaf Transferred) : ReceiveEffect;

    /// <summary>
    /// Write the files of a bundle anew; ends with <see cref="ReceiveEvent.Opened"/>.
    /// </summary>
    public sealed record Open(EdgeId Edge, ShardId Shard, OfferBundle Bundle) : ReceiveEffect;

    /// <summary>
    /// Fetch a leaf from a co-owner, verify and store it; ends with <see cref="ReceiveEvent.Finished"/> or
    /// <see cref="ReceiveEvent.FetchFailed"/>.
    /// </summary>
    public sealed record Fetch(Leaf Leaf, NodeId From) : ReceiveEffect;

    /// <summary>
    /// Tell a co-owner that these leaves are on disk here; ends with <see
    /// cref="ReceiveEvent.NoticeAnswered"/>.
    /// </summary>
    public sealed record Notify(NodeId Node, ImmutableArray<Leaf> Leaves) : ReceiveEffect;

    /// <summary>Register an incarnation; ends with <see cref="ReceiveEvent.RegisterEnded"/>.</summary>
    public sealed record Register(EdgeId Edge, Incarnation Incarnation) : ReceiveEffect;

    /// <summary>Make a database known that an edge has made; the edge repeats itself until it
    /// is.</summary>
    public sealed record CreateDatabase(string Name) : ReceiveEffect;

    /// <summary>Put the description of the cluster on every broker again: an edge has heard an older
    /// one.</summary>
    public sealed record SayCluster : ReceiveEffect;

    /// <summary>Lost leaves are not missed any more: their edge has cut the rows anew.</summary>
    public sealed record Forget(ImmutableArray<Leaf> Superseded) : ReceiveEffect;

    /// <summary>
    /// Compare a shard with its co-owners soon; ends with <see cref="ReceiveEvent.RepairEnded"/>.
    /// </summary>
    public sealed record Repair(ShardId Shard) : ReceiveEffect;
}
