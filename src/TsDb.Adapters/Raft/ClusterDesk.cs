using System.Net;
using System.Net.Sockets;
using TsDb.Adapters.Hosting;
using TsDb.Model;
using TsDb.Replication.Cluster;

namespace TsDb.Adapters.Raft;

/// <summary>Answers the callers of the cluster port.</summary>
internal sealed class ClusterDesk(RaftClusterState state) : IClusterCallee
{
    /// <inheritdoc/>
    public ClusterId Cluster => state.Files.Membership?.Cluster ?? default;

    /// <inheritdoc/>
    public ClusterVerdict Judge(ClusterPreface preface)
    {
        AccessRequest access = new("cluster", "connect", preface.Purpose.ToString(), null);
        if (!state.Authorizer.IsAllowed(access)) return ClusterVerdict.Removed;
        bool isAnonymous = preface.Cluster == default;
        if (!Enum.IsDefined(preface.Purpose)) return ClusterVerdict.OtherVersion;
        if (preface.Purpose == ClusterPurpose.Talk && isAnonymous) return ClusterVerdict.Welcome;
        if (Cluster == default) return ClusterVerdict.NotYet;
        if (preface.Cluster != Cluster) return ClusterVerdict.OtherCluster;
        if (state.Latest?.Removed.Contains(preface.DirectoryId) == true) return ClusterVerdict.Removed;
        if (preface.Purpose == ClusterPurpose.Raft && state.Transport is null) return ClusterVerdict.NotYet;
        state.Addresses.Note(preface.DirectoryId, preface.Address);
        return ClusterVerdict.Welcome;
    }

    /// <inheritdoc/>
    public bool TakeRaft(NetworkStream stream, EndPoint? remote) => state.Transport!.Offer(stream, remote);

    /// <inheritdoc/>
    public bool TakeQuestions(NetworkStream stream) => state.OnQuestions?.Invoke(stream) == true;

    /// <inheritdoc/>
    public async Task<TalkReply> AnswerAsync(TalkRequest request, CancellationToken ct)
    {
        switch (request)
        {
            case TalkRequest.Probe:
                return Probed();
            case TalkRequest.Prepare prepare:
                return Vote(prepare.Seeds, vote => vote.Prepare(prepare.Ballot));
            case TalkRequest.Accept accept:
                return Vote(accept.Seeds, vote => vote.Accept(accept.Ballot, accept.Plan));
            case TalkRequest.Founded founded:
                _ = state.Entry!.Adopt(founded.Plan);
                return new TalkReply.Done();
            case TalkRequest.Join join:
                return await JoinAsync(join, ct);
            case TalkRequest.Propose propose:
                await ProposeAsync(propose.Command, ct);
                return new TalkReply.Done();
            default:
                throw new TsDbException(ErrorKind.Invalid, "this question is not known here");
        }
    }

    private TalkReply.Probed Probed() => new(state.Entry!.Self, state.Entry.Process);

    private TalkReply.Voted Vote(string seeds, Func<FoundingVote, FoundingVote> change) =>
        seeds == state.Entry!.Key
            ? new TalkReply.Voted(state.Identity.Directory, state.Files.Vote(change))
            : throw new TsDbException(
                ErrorKind.Conflict,
                    $"{state.Identity.Id} was started with other seeds: {state.Entry!.Key}");

    private async Task ProposeAsync(ClusterCommand command, CancellationToken ct)
    {
        if (state.Node is not { IsLeader: true } node)
            throw new TsDbException(ErrorKind.Unavailable, $"{state.Identity.Id} does not lead the cluster");
        state.RequireKnown(command);
        await node.ProposeAsync(command, ct);
    }

    private async Task<TalkReply> JoinAsync(TalkRequest.Join join, CancellationToken ct)
    {
        if (state.Node is not { } node || state.Latest is not { } current)
            throw new TsDbException(ErrorKind.Unavailable, $"{state.Identity.Id} is not in a cluster yet");
        if (!node.IsLeader)
        {
            return join.IsForwarded
                ? throw new TsDbException(ErrorKind.Unavailable, "the cluster has no leader now")
                : await state.AskLeaderAsync<TalkReply.Joined>(join with { IsForwarded = true }, ct);
        }

        Member member = join.Member;
        if (current.Removed.Contains(member.DirectoryId))
        {
            throw new TsDbException(
                ErrorKind.Conflict, "this data directory was removed from the cluster: start with a new one");
        }

        foreach (Member known in current.Members)
        {
            if (known.IsSameAs(member)
                || (known.Id != member.Id && known.DirectoryId != member.DirectoryId)) continue;
            await RequireGoneAsync(known, join, ct);
        }

        await node.ProposeAsync(new ClusterCommand.Admit(member), ct);
        return state.Latest.Members.Any(member.IsSameAs)
            ? new TalkReply.Joined(current.Id, state.Latest.Members)
            : throw new TsDbException(
                ErrorKind.Conflict,
                    $"the cluster does not take {member.Id}: the directory has another name in it");
    }

    // One name, one node: as long as the known one answers, another under its name is refused; so is a second
    // process on a copy of its directory.
    private async Task RequireGoneAsync(Member known, TalkRequest.Join join, CancellationToken ct)
    {
        if (known.DirectoryId == state.Identity.Directory && join.Process == state.Entry!.Process) return;
        TalkReply.Probed? there = await state.Entry!.WhoIsAsync(known.ClusterAddress, ct);
        if (there is null
            || there.Self.Member.DirectoryId != known.DirectoryId || there.Process == join.Process)
            return;
        throw new TsDbException(
            ErrorKind.Conflict,
            $"node {known.Id} is alive at {known.ClusterAddress}: stop it, or give this one another --id");
    }
}
