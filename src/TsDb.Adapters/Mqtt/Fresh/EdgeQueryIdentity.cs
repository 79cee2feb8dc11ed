using TsDb.Model;

namespace TsDb.Adapters.Mqtt.Fresh;

/// <summary>Who answers, and to whom.</summary>
/// <param name="Edge">This edge.</param>
/// <param name="Cluster">The cluster that it ships to; null as long as it knows none.</param>
public sealed record EdgeQueryIdentity(EdgeId Edge, Func<ClusterId?> Cluster);
