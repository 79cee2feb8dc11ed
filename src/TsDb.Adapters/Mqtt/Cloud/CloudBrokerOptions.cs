using System.Collections.Immutable;
using TsDb.Adapters.Hosting;
using TsDb.Codec.Shipment;
using TsDb.Model;

namespace TsDb.Adapters.Mqtt.Cloud;

/// <summary>How a cloud node reaches edges.</summary>
public sealed record CloudBrokerOptions
{
    /// <summary>This node.</summary>
    public required NodeId Self { get; init; }

    /// <summary>Random id of this start of the program.</summary>
    public required Guid Instance { get; init; }

    /// <summary>Topics of the cluster.</summary>
    public required ShipmentTopics Topics { get; init; }

    /// <summary>Says who may connect and to which topics.</summary>
    public required IAuthorizer Authorizer { get; init; }

    /// <summary>Brokers to use instead of the members' own; empty for the members' own.</summary>
    public ImmutableArray<Uri> Outside { get; init; } = [];

    /// <summary>
    /// Messages that may wait for one connection of the embedded broker; beyond it the oldest are dropped,
    /// and what was in them is wanted again or fetched from co-owners.
    /// </summary>
    public int PendingMessagesMax { get; init; } = 4_096;

    /// <summary>Messages that may wait to be sent to one broker; beyond it the oldest are dropped.</summary>
    public int OutboxMessagesMax { get; init; } = 4_096;

    /// <summary>First pause after a lost connection; doubled up to <see cref="BackOffMax"/>.</summary>
    public TimeSpan BackOffMin { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Longest pause between attempts to connect.</summary>
    public TimeSpan BackOffMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a broker may take to answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a silent connection is tried.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(10);
}
