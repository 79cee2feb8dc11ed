using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Ports;
using TsDb.Replication.Receiving;

namespace TsDb.Replication.Serving;

/// <summary>What this node knows of who has applied which erasures.</summary>
/// <param name="cluster">Says what is erased.</param>
/// <param name="filesLeft">Counts files here that may have rows of final tombstones yet.</param>
/// <param name="edges">What edges have said.</param>
public sealed class ErasureDesk(
    IClusterState cluster, Func<Erasures, long> filesLeft, Func<IEnumerable<EdgeSeen>> edges)
{
    /// <summary>At this moment. All files of tables with final tombstones are looked at.</summary>
    public ErasureWord Word
    {
        get
        {
            Erasures erasures = cluster.Current?.Erasures ?? Erasures.None;
            return new ErasureWord(
                erasures.Number,
                filesLeft(erasures),
                edges().Where(edge => edge.Lag is not null).ToImmutableSortedDictionary(
                    edge => edge.Edge,
                    edge => new EdgeErasureWord(edge.Lag!.Erasures, edge.Lag.FilesToPurge)));
        }
    }
}
