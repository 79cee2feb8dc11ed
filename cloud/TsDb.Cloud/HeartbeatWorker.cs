using TsDb.Adapters.Flight;
using TsDb.Adapters.Raft;
using TsDb.Replication.Ports;
using TsDb.Replication.Receiving;

namespace TsDb.Cloud;

/// <summary>Beats as long as the node runs.</summary>
internal sealed class HeartbeatWorker(
    CloudIdentity identity, IClusterState cluster, NodeChannels channels, IHeartbeatSink heartbeats, TimeProvider clock)
    : BackgroundService
{
    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new HeartbeatLoop(identity, cluster, channels, heartbeats, PeerLiveness.BeatEvery, clock)
            .RunAsync(stoppingToken);
}
