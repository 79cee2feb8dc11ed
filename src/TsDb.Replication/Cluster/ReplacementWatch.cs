using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Repair;

namespace TsDb.Replication.Cluster;

/// <summary>
/// Which member the cluster gives up by its own rule: the only one that is silent, for longer than the rule
/// says, where nothing can be lost by it and the others can hold what it held. Owned by one loop, which looks
/// every second or so; time comes in, counted from anywhere, by a clock that only goes forward.
/// </summary>
public sealed class ReplacementWatch
{
    /// <summary>The shortest silence that a rule may name: a reboot must move nothing.</summary>
    public static readonly TimeSpan SilenceMin = TimeSpan.FromSeconds(5);

    // Whoever has not looked for so long was stopped itself, and has not heard anybody either.
    private static readonly TimeSpan LookWithin = TimeSpan.FromSeconds(5);

    private readonly Dictionary<Guid, TimeSpan> _silentSince = [];
    private TimeSpan _lookedAt;

    /// <summary>
    /// Whom the rule would give up, and why that cannot be, as of the last look; null if nobody is held up.
    /// </summary>
    public (Member Member, string Reason)? HeldUp { get; private set; }

    /// <summary>The member that is due to be given up; null for none. Call it again and again.</summary>
    public Member? Due(ClusterConfiguration cluster, Func<NodeId, bool> isLive, TimeSpan now)
    {
        if (now - _lookedAt > LookWithin) _silentSince.Clear();
        _lookedAt = now;
        Member[] silent = [.. cluster.Members.Where(member => !isLive(member.Id))];
        foreach (Guid heard in _silentSince.Keys.Except(silent.Select(m => m.DirectoryId)).ToArray())
            _silentSince.Remove(heard);
        foreach (Member member in silent) _silentSince.TryAdd(member.DirectoryId, now);
        HeldUp = null;
        if (silent is not [Member only] || cluster.ReplaceAfter is not { } after
            || now - _silentSince[only.DirectoryId] < after)
            return null;
        if (ObstacleTo(cluster, only.DirectoryId) is not { } reason) return only;
        HeldUp = (only, reason);
        return null;
    }

    /// <summary>
    /// True if all owners but the silent one have all that is known of every shard: then what it had is
    /// copied from them.
    /// </summary>
    public static bool AreWholeWithout(NodeId silent, ImmutableArray<ShardState> shards) => shards.All(
        shard => shard.Owners.Now.All(node => node == silent || shard.StateOf(node) == "whole"));

    /// <summary>Why a member cannot be given up as things are; null if it can.</summary>
    public static string? ObstacleTo(ClusterConfiguration cluster, Guid directory)
    {
        Member? member = cluster.Members.FirstOrDefault(m => m.DirectoryId == directory);
        if (member is null) return "it is no member";
        if (!cluster.Moves.IsEmpty) return $"shards are on their way{MoveWaits.Describe(cluster)}";
        int left = cluster.Members.Count(m => m != member && !m.IsLeaving);
        if (left < cluster.ReplicationFactor)
            return $"{left} other members cannot hold {cluster.ReplicationFactor} copies";
        ClusterConfiguration after =
            ClusterStateMachine.Apply(cluster, new ClusterCommand.Remove(directory))!;
        int doubtful = after.Moves.Count(move => move.MayLackLeaves);
        return doubtful == 0 ? null : $"{doubtful} shards might lack points that were called durable";
    }
}
