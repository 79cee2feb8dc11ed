using System.Collections.Immutable;
using TsDb.Replication.Ports;
using TsDb.Replication.Receiving;

namespace TsDb.Replication.Serving;

/// <summary>What this node knows of who has applied which erasures.</summary>
public sealed class ErasureDesk(IClusterState cluster, Func<IEnumerable<EdgeSeen>> edges)
{
    /// <summary>At this moment.</summary>
    public ErasureWord Word => new(
        cluster.Current?.Erasures.Number ?? 0,
        edges().Where(edge => edge.Lag is not null).ToImmutableSortedDictionary(
            edge => edge.Edge, edge => edge.Lag!.Erasures));
}
