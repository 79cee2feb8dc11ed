using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Raft;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Receiving;
using TsDb.Replication.Repair;

namespace TsDb.Cloud;

/// <summary>What operators do to the cluster, with the checks that keep them from harm.</summary>
internal sealed class ClusterAdmin(CloudRooms rooms)
{
    private readonly RaftClusterState _cluster = rooms.Cluster;

    /// <summary>
    /// Ends the membership of a node that will not come back. Refuses a live one, and one whose removal
    /// leaves shards with too few of their owners to know everything, unless it is forced.
    /// </summary>
    public async Task<JsonNode> RemoveAsync(string node, bool isForced, CancellationToken ct)
    {
        Member member = Find(node);
        if (_cluster.IsLive(member.Id) && !isForced)
        {
            throw new TsDbException(
                ErrorKind.Conflict,
                $"{node} is alive: let it leave ('tsdb cluster leave {node}'), or stop it first");
        }

        RequireSafe(member, isForced);
        await _cluster.ChangeAsync(
            new ClusterCommand.Remove(member.DirectoryId), now => IsGone(now, member), ct);
        return Summary();
    }

    /// <summary>Begins the orderly leave of a node.</summary>
    public async Task<JsonNode> LeaveAsync(string node, CancellationToken ct)
    {
        Member member = Find(node);
        if (Current.Placeable <= 1 && !member.IsLeaving)
        {
            throw new TsDbException(
                ErrorKind.Conflict, "the last node cannot leave: nobody takes its shards");
        }

        await _cluster.ChangeAsync(
            new ClusterCommand.Leave(member.DirectoryId),
            now => now.Members.FirstOrDefault(m => m.DirectoryId == member.DirectoryId) is not { } m
                || m.IsLeaving,
            ct);
        return Summary();
    }

    /// <summary>Puts a member in the place of another.</summary>
    public async Task<JsonNode> ReplaceAsync(string old, string heir, bool isForced, CancellationToken ct)
    {
        Member gone = Find(old);
        Member taking = Find(heir);
        if (gone == taking) throw new TsDbException(ErrorKind.Invalid, "a node cannot replace itself");
        if (!_cluster.IsLive(taking.Id))
            throw new TsDbException(ErrorKind.Conflict, $"{heir} does not answer: start it first");
        bool isDead = !_cluster.IsLive(gone.Id);
        if (isDead) RequireSafe(gone, isForced);
        await _cluster.ChangeAsync(
            new ClusterCommand.Replace(gone.DirectoryId, taking.DirectoryId, isDead),
            now => IsGone(now, gone)
                || now.Members.Any(m => m.DirectoryId == gone.DirectoryId && m.IsLeaving),
            ct);
        return Summary();
    }

    /// <summary>
    /// Sets replicas, write quorum and the rule for silent members (a duration, or <c>off</c>); null leaves
    /// one as it is.
    /// </summary>
    public async Task<JsonNode> SetAsync(
        int? replication, int? writeQuorum, string? replaceAfter, CancellationToken ct)
    {
        ClusterConfiguration current = Current;
        TimeSpan? after = replaceAfter is null ? current.ReplaceAfter : ReplaceAfter(replaceAfter);
        int wanted = replication ?? current.ReplicationFactor;
        int quorum = writeQuorum ?? current.WriteQuorumAsked;
        if (wanted is < 1 or > CloudOptions.ReplicationMax || quorum < 0 || quorum > wanted)
        {
            throw new TsDbException(
                ErrorKind.Invalid,
                $"replicas are 1 to {CloudOptions.ReplicationMax}, the write quorum at most as many");
        }

        if (after != current.ReplaceAfter)
        {
            await _cluster.ChangeAsync(
                new ClusterCommand.SetReplaceAfter(after), now => now.ReplaceAfter == after, ct);
        }

        await _cluster.ChangeAsync(
            new ClusterCommand.SetReplication(wanted, quorum),
            now => now.ReplicationFactor == wanted && now.WriteQuorumAsked == quorum,
            ct);
        return Summary();
    }

    private static TimeSpan? ReplaceAfter(string text)
    {
        TimeSpan? after = text == "off" ? null : DurationText.Require("replace_after", text);
        return !(after < ReplacementWatch.SilenceMin) ? after : throw new TsDbException(
            ErrorKind.Invalid,
            $"a member may be silent for {ReplacementWatch.SilenceMin.TotalSeconds:0} s at least: a "
            + "restart must not move its shards");
    }

    /// <summary>
    /// What this node has lost is not missed any more: for when no owner and no edge can give it back.
    /// Answers are called complete without it from then on.
    /// </summary>
    public JsonNode GiveUp()
    {
        ImmutableHashSet<Leaf> lost = rooms.Store.Lost;
        rooms.Store.Forget(lost, ReplicaStore.RuleGivenUp);
        JsonNode summary = Summary();
        summary["given_up"] = lost.Count;
        return summary;
    }

    /// <summary>Who has what of every shard, asked of all members that answer.</summary>
    public async Task<JsonNode> ShardsAsync(CancellationToken ct)
    {
        ClusterConfiguration current = Current;
        ShardSurvey survey = new(rooms.Peers, rooms.Receiving.Desk, _cluster, TimeProvider.System);
        ImmutableArray<ShardState> states = await survey.AskAsync(current, ct);
        return new JsonObject
        {
            ["shards"] = states.Length,
            ["replication"] = current.ReplicationFactor,
            ["replicas"] = current.Replicas,
            ["moving"] = states.Count(s => s.Owners.Move is not null),
            ["awaited"] = AwaitedMembers.Describe(current, _cluster),
            ["under_replicated"] = states.Count(s => s.IsUnderReplicated),
            ["list"] = new JsonArray([.. states.Select(Describe)]),
        };
    }

    private JsonObject Describe(ShardState state) => new()
    {
        ["shard"] = state.Shard.Value,
        ["owners"] = new JsonArray([.. state.Owners.Now.Select(node => Describe(state, node))]),
        ["moving_from"] = state.Owners.Move is { } move
            ? new JsonArray([.. move.From.Select(node => Describe(state, node))]) : null,
        ["arrived"] = state.Owners.Move is { } moving
            ? new JsonArray([.. moving.Arrived.Select(node => (JsonNode)node.Value)]) : null,
        ["handed_over"] = state.Owners.Move?.IsHandedOver ?? true,
        ["may_lack_points"] = state.Owners.Move?.MayLackLeaves ?? false,
        ["under_replicated"] = state.IsUnderReplicated,
    };

    private JsonObject Describe(ShardState state, NodeId node) => new()
    {
        ["node"] = node.Value,
        ["state"] = state.StateOf(node),
        ["last_heard"] = rooms.Liveness.LastHeard(node)?.ToString("O"),
        ["segments"] = state.Said.TryGetValue(node, out ShardDigest said) ? said.Digest.Count : null,
    };

    private ClusterConfiguration Current => _cluster.Current
        ?? throw new TsDbException(
            ErrorKind.Unavailable,
            $"this node is not in a cluster yet: {_cluster.WaitingFor ?? "no leader was heard of"}");

    private Member Find(string node) => Current.Members.FirstOrDefault(m => m.Id.Value == node)
        ?? throw new TsDbException(
            ErrorKind.NotFound,
            $"there is no member '{node}', only {string.Join(", ", Current.Members.Select(m => m.Id))}");

    private static bool IsGone(ClusterConfiguration now, Member member) =>
        now.Members.All(m => m.DirectoryId != member.DirectoryId);

    // What a removal may cost is found by trying it on paper.
    private void RequireSafe(Member member, bool isForced)
    {
        ClusterConfiguration after = ClusterStateMachine.Apply(
            Current, new ClusterCommand.Remove(member.DirectoryId))!;
        if (!IsGone(after, member))
            throw new TsDbException(ErrorKind.Conflict, "the last node that keeps shards cannot be removed");
        int doubtful = after.Moves.Count(move => move.MayLackLeaves);
        if (doubtful == 0 || isForced) return;
        throw new TsDbException(
            ErrorKind.Conflict,
            $"without {member.Id} {doubtful} of {after.ShardCount} shards may lack points that were called "
            + "durable, as too few of their owners are left: wait until moving shards have arrived, bring it "
            + "back, or say --force");
    }

    private JsonObject Summary()
    {
        ClusterConfiguration current = Current;
        return new JsonObject
        {
            ["epoch"] = current.Epoch.Value,
            ["members"] = new JsonArray([.. current.Members.Select(m => (JsonNode)m.Id.Value)]),
            ["leaving"] = new JsonArray(
                [.. current.Members.Where(m => m.IsLeaving).Select(m => (JsonNode)m.Id.Value)]),
            ["replication"] = current.ReplicationFactor,
            ["replicas"] = current.Replicas,
            ["write_quorum"] = current.WriteQuorum,
            ["read_quorum"] = current.ReadQuorum,
            ["replace_after"] = current.ReplaceAfter is { } after ? DurationText.Of(after) : null,
            ["shards_moving"] = current.Moves.Length,
            ["awaited"] = AwaitedMembers.Describe(current, _cluster),
        };
    }
}
