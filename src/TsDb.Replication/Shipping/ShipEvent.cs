using System.Collections.Immutable;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Storage.Shipping;

namespace TsDb.Replication.Shipping;

/// <summary>What a <see cref="Shipper"/> is told.</summary>
public abstract record ShipEvent
{
    private ShipEvent()
    {
    }

    /// <summary>Connected to a broker and subscribed; chunks may have up to so many bytes.</summary>
    public sealed record LinkUp(int ChunkBytes) : ShipEvent;

    /// <summary>The connection is gone; whatever was on its way may have arrived or not.</summary>
    public sealed record LinkDown(string Reason) : ShipEvent;

    /// <summary>The retained description of the cluster.</summary>
    public sealed record Cluster(ClusterInfo Info) : ShipEvent;

    /// <summary>A cloud node answered.</summary>
    public sealed record Answered(EdgeAnswers Answers) : ShipEvent;

    /// <summary>
    /// A message of the cloud cannot be used: a newer program's, or none at all.
    /// </summary>
    public sealed record NotUnderstood(string Reason) : ShipEvent;

    /// <summary>
    /// A message with data left: there is room for the next. Carries the generation of its effect.
    /// </summary>
    public sealed record Sent(long LinkGeneration, ContentHash Hash) : ShipEvent
    {
        /// <summary>The other shipments in the same message.</summary>
        public ImmutableArray<ContentHash> Others { get; init; } = [];
    }

    /// <summary>How shipments are to travel, in the order asked.</summary>
    public sealed record Prepared(ImmutableArray<ShipLeaf> Leaves, ImmutableArray<TravelForm> Forms)
        : ShipEvent;

    /// <summary>A shipment's travelling form cannot be made again: it has to go plain.</summary>
    public sealed record FormLost(ContentHash Hash) : ShipEvent;

    /// <summary>The bytes of a shipment could not be read here.</summary>
    public sealed record ReadFailed(ContentHash Hash, string Reason) : ShipEvent;

    /// <summary>A shipment was cut and recorded.</summary>
    public sealed record LeafCut(ShipLeaf Leaf) : ShipEvent;

    /// <summary>Shipments were cut and recorded together.</summary>
    public sealed record LeavesCut(ImmutableArray<ShipLeaf> Leaves) : ShipEvent;

    /// <summary>Rows of a leaf were dropped here by the operator's rule: it will not be shipped.</summary>
    public sealed record LeafDropped(ContentHash Hash) : ShipEvent;

    /// <summary>New cuts belong to this incarnation from now on.</summary>
    public sealed record IncarnationTaken(Incarnation Incarnation) : ShipEvent;

    /// <summary>Files of these leaves are about to go: the cloud is asked once more.</summary>
    public sealed record ConfirmAsked(ImmutableArray<Leaf> Leaves) : ShipEvent;

    /// <summary>The operator pauses (true) or resumes shipping.</summary>
    public sealed record Pause(bool IsPaused) : ShipEvent;

    /// <summary>The operator wants what is in quarantine to be offered again.</summary>
    public sealed record RequeueAll : ShipEvent;

    /// <summary>Time went on (see <see cref="Shipper.WakeAt"/>).</summary>
    public sealed record Tick : ShipEvent;
}
