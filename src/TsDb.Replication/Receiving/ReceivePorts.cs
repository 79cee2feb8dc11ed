using TsDb.Replication.Ports;

namespace TsDb.Replication.Receiving;

/// <summary>What a <see cref="ReceiveService"/> needs from outside.</summary>
/// <param name="Cluster">The cluster's configuration and liveness.</param>
/// <param name="Peers">The other cloud nodes.</param>
/// <param name="Edges">The brokers.</param>
/// <param name="Verifier">Reads segment files.</param>
public sealed record ReceivePorts(
    IClusterState Cluster, IPeerLink Peers, IEdgeLink Edges, ISegmentVerifier Verifier);
