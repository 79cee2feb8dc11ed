using System.Collections.Immutable;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Repair;

namespace TsDb.Replication.Receiving;

/// <summary>Something that happened to a <see cref="Receiver"/>.</summary>
public abstract record ReceiveEvent
{
    private ReceiveEvent()
    {
    }

    /// <summary>The cluster's configuration changed, or is known for the first time.</summary>
    public sealed record Configured(ClusterConfiguration Cluster) : ReceiveEvent;

    /// <summary>An edge says something of itself; <paramref name="Edge"/> is from the topic.</summary>
    public sealed record Said(EdgeId Edge, EdgeControl Message) : ReceiveEvent;

    /// <summary>An edge offers; edge and shard are from the topic.</summary>
    public sealed record Offered(EdgeId Edge, ShardId Shard, OfferMessage Message) : ReceiveEvent;

    /// <summary>
    /// A bundle was opened: the files that could be written anew and have the hashes that were told.
    /// </summary>
    public sealed record Opened(
        EdgeId Edge,
        ShardId Shard,
        OfferBundle Bundle,
        ImmutableArray<(Leaf Leaf, ReadOnlyMemory<byte> File)> Leaves) : ReceiveEvent;

    /// <summary>A piece of a shipment; edge and shard are from the topic.</summary>
    public sealed record ChunkCame(EdgeId Edge, ShardId Shard, Chunk Chunk) : ReceiveEvent;

    /// <summary>Whether an edge is connected to a broker.</summary>
    public sealed record PresenceCame(string Broker, Presence Presence) : ReceiveEvent;

    /// <summary>The connection to a broker is gone: what it said of presences may be past.</summary>
    public sealed record BrokerLost(string Broker) : ReceiveEvent;

    /// <summary>A leaf that was to be kept or fetched is finished.</summary>
    public sealed record Finished(Leaf Leaf, ReceiveOutcome Outcome, string Reason) : ReceiveEvent;

    /// <summary>A leaf could not be fetched from a co-owner.</summary>
    public sealed record FetchFailed(Leaf Leaf) : ReceiveEvent;

    /// <summary>A co-owner says what it has on disk.</summary>
    public sealed record Noticed(StoredNotice Notice) : ReceiveEvent;

    /// <summary>A co-owner answered a notice; null: it was not reached.</summary>
    public sealed record NoticeAnswered(NodeId Node, StoredNotice Notice, StoredReply? Reply) : ReceiveEvent;

    /// <summary>The registry was asked to take an incarnation.</summary>
    public sealed record RegisterEnded(EdgeId Edge, Incarnation Incarnation) : ReceiveEvent;

    /// <summary>The cluster was asked to make a database known.</summary>
    public sealed record CreateEnded(string Name) : ReceiveEvent;

    /// <summary>
    /// A repair of a shard ended; conclusive if so many co-owners were heard that what is missing has to come
    /// from the edge.
    /// </summary>
    public sealed record RepairEnded(ShardId Shard, bool IsConclusive) : ReceiveEvent
    {
        /// <summary>Leaves of the shard that were lost here and are not back.</summary>
        public ImmutableArray<Leaf> Lost { get; init; } = [];
    }

    /// <summary>Time passed. Comes a few times a second.</summary>
    public sealed record Tick : ReceiveEvent;
}
