using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using TsDb.Adapters.Flight;
using TsDb.Model;

namespace TsDb.Adapters.Raft;

/// <summary>
/// Who is thought to be alive: a phi accrual failure detector a peer (Hayashibara et al., 2004), fed by
/// heartbeats. Apart from membership: a silent member stays a member.
/// </summary>
public sealed class PeerLiveness(TimeProvider clock, ILoggerFactory loggers) : IHeartbeatSink
{
    /// <summary>How often the nodes of a pair hear of each other.</summary>
    public static readonly TimeSpan BeatEvery = TimeSpan.FromMilliseconds(250);

    private const double PhiDead = 8;
    private static readonly TimeSpan Deviation = TimeSpan.FromMilliseconds(100);

    // Hiccups of the scheduler or the collector are no deaths, also on a machine with more to do than
    // processors.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    // A longer silence says nothing about the usual rhythm: it would make the detector believe in slow peers.
    private static readonly TimeSpan Forget = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<NodeId, Peer> _peers = [];
    private readonly ILogger _log = loggers.CreateLogger("TsDb.Cluster");

    /// <inheritdoc/>
    public TimeProvider Clock => clock;

    /// <inheritdoc/>
    public void Heard(NodeId node, Guid directoryId, DateTimeOffset? itsClock, uint version)
    {
        Peer peer = _peers.GetOrAdd(node, _ => new Peer());
        lock (peer)
        {
            long now = clock.GetTimestamp();
            TimeSpan interval = clock.GetElapsedTime(peer.LastHeard, now);
            if (peer.Detector is { } detector && interval <= Forget) detector.Report(interval);
            else peer.Detector = new PhiDetector(BeatEvery, Deviation, Pause);
            peer.LastHeard = now;
            peer.LastHeardAt = clock.GetUtcNow();
            peer.Version = version;
            if (itsClock is { } time) peer.Ahead = time - peer.LastHeardAt;
        }

        Note(node, peer, true);
    }

    /// <inheritdoc/>
    public void Failed(NodeId node, Exception error) => Log.HeartbeatFailed(_log, node, error);

    /// <inheritdoc/>
    public bool WasHeard(NodeId node, TimeSpan within)
    {
        if (!_peers.TryGetValue(node, out Peer? peer)) return false;
        lock (peer) return peer.Detector is not null && clock.GetElapsedTime(peer.LastHeard) <= within;
    }

    /// <summary>True if the node was heard in its usual rhythm.</summary>
    public bool IsLive(NodeId node)
    {
        if (!_peers.TryGetValue(node, out Peer? peer)) return false;
        bool isLive;
        lock (peer)
            isLive = peer.Detector?.Phi(clock.GetElapsedTime(peer.LastHeard)) < PhiDead;

        Note(node, peer, isLive);
        return isLive;
    }

    /// <summary>When the node was heard last; null for never.</summary>
    public DateTimeOffset? LastHeard(NodeId node) =>
        _peers.TryGetValue(node, out Peer? peer) ? peer.LastHeardAt : null;

    /// <summary>The version of what the node said last that it knows; 0 if it was never heard.</summary>
    public uint VersionOf(NodeId node) => _peers.TryGetValue(node, out Peer? peer) ? peer.Version : 0;

    /// <summary>
    /// The median of the clocks of this node and of the members heard lately; of two in the middle the
    /// earlier.
    /// </summary>
    public DateTimeOffset MedianClock(IEnumerable<NodeId> members)
    {
        List<TimeSpan> ahead = [TimeSpan.Zero];
        foreach (NodeId member in members)
        {
            if (IsLive(member) && _peers.TryGetValue(member, out Peer? peer)) ahead.Add(peer.Ahead);
        }

        ahead.Sort();
        return clock.GetUtcNow() + ahead[(ahead.Count - 1) / 2];
    }

    private void Note(NodeId node, Peer peer, bool isLive)
    {
        bool isNews;
        lock (peer)
        {
            isNews = peer.IsLive != isLive;
            peer.IsLive = isLive;
        }

        if (isNews) Log.Liveness(_log, node, isLive ? "alive" : "silent");
    }

    private sealed class Peer
    {
        public PhiDetector? Detector { get; set; }

        public long LastHeard { get; set; }

        public DateTimeOffset LastHeardAt { get; set; }

        public TimeSpan Ahead { get; set; }

        public bool IsLive { get; set; }

        public uint Version { get; set; }
    }
}
