using System.Collections.Concurrent;
using Grpc.Core;
using TsDb.Adapters.Flight.Protos;
using TsDb.Adapters.Peers;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;
using TsDb.Replication.Receiving;

namespace TsDb.Adapters.Flight;

/// <summary>
/// Tells every other member that this node lives, and takes each answer as a sign of life. A call tells both
/// ends: a member that has just called is not called. Members are told on the lines of queries, which wakes
/// fewer threads; by gRPC as long as it is not known of them that they listen there, and for a while after
/// that has failed.
/// </summary>
public sealed class HeartbeatLoop(
    CloudIdentity identity, IClusterState cluster, NodeChannels channels, IHeartbeatSink heartbeats,
    TimeSpan every, TimeProvider clock)
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(1);

    // A member that starts refuses lines for a moment, and says so in its log each time.
    private static readonly TimeSpan LineAgainAfter = TimeSpan.FromSeconds(1);

    private readonly HeartbeatDesk _desk = new(cluster, identity, heartbeats);

    // Less than a period, so that a beat that comes late is not waited for.
    private readonly TimeSpan _lately = every * 0.8;
    private readonly ConcurrentDictionary<string, Task> _calls = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<NodeId, long> _lineFailedAt = [];

    /// <summary>Lines to other members; null for gRPC only.</summary>
    public QuestionLines? Lines { get; init; }

    /// <summary>
    /// Runs until cancelled. A peer that does not answer is asked again as soon as it was given up.
    /// </summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using PeriodicTimer timer = new(every, clock);
        while (!ct.IsCancellationRequested)
        {
            if (cluster.Current is { } current)
            {
                foreach (Member member in current.Members.Where(m => m.DirectoryId != identity.Directory))
                    Beat(member, current, ct);
            }

            try
            {
                _ = await timer.WaitForNextTickAsync(ct);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        await Task.WhenAll(_calls.Values);
    }

    // One call a peer at a time: to a frozen peer they would pile up.
    private void Beat(Member member, ClusterConfiguration current, CancellationToken ct)
    {
        if (heartbeats.WasHeard(member.Id, _lately)) return;
        if (_calls.TryGetValue(member.FlightAddress, out Task? running) && !running.IsCompleted) return;
        _calls[member.FlightAddress] = BeatAsync(member, current, ct);
    }

    private async Task BeatAsync(Member member, ClusterConfiguration current, CancellationToken ct)
    {
        using CancellationTokenSource timer = new(AnswerWithin, clock);
        using CancellationTokenSource patience =
            CancellationTokenSource.CreateLinkedTokenSource(ct, timer.Token);
        try
        {
            HeartbeatReply reply = await SayAsync(member, current, patience.Token);

            // The address may have another node by now.
            if (NodeMessages.Id(reply.DirectoryId, "a directory id") == member.DirectoryId)
            {
                heartbeats.Heard(
                    member.Id, member.DirectoryId, NodeMessages.Clock(reply.UnixMilliseconds),
                    reply.Version);
            }
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException or TsDbException
            or ObjectDisposedException)
        {
            // Silence is what the detector measures; there is nothing else to do about it.
        }
        catch (Exception e)
        {
            heartbeats.Failed(member.Id, e);
        }
    }

    private bool MayTryLine(NodeId node) => !_lineFailedAt.TryGetValue(node, out long at)
        || clock.GetElapsedTime(at) >= LineAgainAfter;

    private async Task<HeartbeatReply> SayAsync(
        Member member, ClusterConfiguration current, CancellationToken ct)
    {
        HeartbeatRequest beat = _desk.Beat(current.Id, current.Epoch);
        if (Lines?.TakesBeats(member.Id) == true && MayTryLine(member.Id))
        {
            try
            {
                return await Lines.BeatAsync(member, beat, ct);
            }
            catch (TsDbException)
            {
                // An older program may be there again, or a connection was one to a process that is gone.
                _lineFailedAt[member.Id] = clock.GetTimestamp();
            }
        }

        return await new Protos.Node.NodeClient(channels.To(member.FlightAddress))
            .HeartbeatAsync(beat, new CallOptions(cancellationToken: ct));
    }
}
