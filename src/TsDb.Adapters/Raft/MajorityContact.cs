using TsDb.Replication.Cluster;
using TsDb.Replication.Receiving;

namespace TsDb.Adapters.Raft;

/// <summary>
/// Whether a node is in touch with the majority of its cluster: it knows a leader and hears more than half of
/// the members. A process that was stopped has heard nobody for as long as it was, so it is not in touch when
/// it goes on. Safe for several threads.
/// </summary>
internal sealed class MajorityContact(CloudIdentity identity, PeerLiveness liveness, TimeProvider clock)
{
    // Longer than an election takes. Who is silent for less is given up by operators only.
    private static readonly TimeSpan DetachedAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(5);

    private long _inTouchAt;
    private long _askedAt;

    /// <summary>Why what this node knows of the cluster may be past; null if it is not.</summary>
    public string? Detached(RaftNode? node, ClusterConfiguration? current)
    {
        if (IsInTouch(node, current)) return null;
        long at = Interlocked.Read(ref _inTouchAt);
        TimeSpan silence = clock.GetElapsedTime(at);
        if (at != 0 && silence <= DetachedAfter) return null;
        string since = at == 0 ? "since its start" : $"for {silence.TotalSeconds:0} s";
        return $"contact with the majority of the cluster: this node has had none {since}, and the others "
            + "may have given its shards to each other meanwhile";
    }

    /// <summary>
    /// True if another member knows that this directory was removed. A member that was stopped or cut off
    /// meanwhile hears nothing of that from the leader, who does not call it any more: it has to ask, now and
    /// then while it is not in touch.
    /// </summary>
    public async Task<bool> IsRemovedAsync(
        RaftNode node, ClusterConfiguration current, ClusterEntry entry, CancellationToken ct)
    {
        if (IsInTouch(node, current) || clock.GetElapsedTime(_askedAt) < AskEvery) return false;
        bool[] said = await Task.WhenAll(current.Members
            .Where(member => member.DirectoryId != identity.Directory)
            .Select(member => entry.IsRemovedByAsync(member.ClusterAddress, ct)));
        _askedAt = clock.GetTimestamp();
        return said.Any(removed => removed);
    }

    private bool IsInTouch(RaftNode? node, ClusterConfiguration? current)
    {
        if (node is null || current is null || (!node.IsLeader && node.Leader is null)) return false;
        int heard = current.Members.Count(
            member => member.DirectoryId == identity.Directory || liveness.IsLive(member.Id));
        if (heard * 2 <= current.Members.Length) return false;
        Interlocked.Exchange(ref _inTouchAt, clock.GetTimestamp());
        return true;
    }
}
