using TsDb.Model;

namespace TsDb.Replication.Cluster;

/// <summary>A configured cloud node, live or not.</summary>
public sealed record Member
{
    /// <summary>The node's name; survives restarts on the same data.</summary>
    public required NodeId Id { get; init; }

    /// <summary>The id of its data directory: a wiped node of the same name is another member.</summary>
    public required Guid DirectoryId { get; init; }

    /// <summary>host:port of its HTTP endpoint, for people and for messages to clients.</summary>
    public required string HttpAddress { get; init; }

    /// <summary>host:port of its node-to-node endpoint (gRPC, Flight).</summary>
    public required string FlightAddress { get; init; }

    /// <summary>host:port of its cluster endpoint (Raft, founding).</summary>
    public required string ClusterAddress { get; init; }

    /// <summary>host:port of its embedded broker; empty when it uses outside brokers.</summary>
    public required string BrokerAddress { get; init; }

    /// <summary>
    /// The epoch that began with this directory's admission; 0 for those that the cluster was founded with.
    /// </summary>
    public Epoch Since { get; init; }

    /// <summary>Label of the failure zone; replicas spread over zones first.</summary>
    public string Zone { get; init; } = "";

    /// <summary>Share of the data relative to the others, above 0.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>
    /// The name that its shards are drawn by: its own, or that of a member whose place it took; empty for its
    /// own.
    /// </summary>
    public string Seat { get; init; } = "";

    /// <summary>True while it hands over its shards; once it has none it is removed.</summary>
    public bool IsLeaving { get; init; }

    /// <summary>True if both say the same of the node; when it was admitted, whether it leaves and
    /// whose seat it has is the cluster's to say.</summary>
    public bool IsSameAs(Member? other) =>
        other is not null && this == other with { Since = Since, IsLeaving = IsLeaving, Seat = Seat };
}
