using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TsDb.Model;
using TsDb.Replication.Backup;
using TsDb.Replication.Cluster;

namespace TsDb.Adapters.Raft;

/// <summary>
/// The way of a node that never belonged to a cluster into one: it founds, adopts or joins.
/// </summary>
internal sealed class ClusterEntry(
    Member self,
    ClusterSettings settings,
    RestoredNode? restored,
    MembershipFiles files,
    ClusterEnvironment environment,
    ClusterDialer dialer)
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(300);

    private readonly ILogger _log = environment.Loggers.CreateLogger("TsDb.Cluster");
    private readonly ImmutableArray<string> _seeds =
        [.. settings.Seeds.Distinct().Order(StringComparer.Ordinal)];
    private readonly Guid _process = environment.NewId();
    private long _round;

    /// <summary>Who this node says it is, and in which process.</summary>
    public Guid Process => _process;

    /// <summary>What this node says of itself to whoever asks.</summary>
    public SeedAnswer Self => new(self, files.Membership?.Cluster, files.Membership?.Plan, Key)
    {
        Restored = restored?.Seed,
    };

    /// <summary>What has to be the same for all that found a cluster together.</summary>
    public string Key => restored is null
        ? settings.SeedsKey
        : $"{settings.SeedsKey}; from backups of {restored.Configuration.Id}";

    /// <summary>What is being waited for; null once the node belongs to a cluster.</summary>
    public string? WaitingFor { get; private set; }

    // Without a cluster: whoever is asked may not have one yet.
    private ClusterPreface Preface => new(ClusterPurpose.Talk, default, self.DirectoryId, "");

    /// <summary>Returns the membership, sooner or later.</summary>
    public async Task<MembershipRecord> EnterAsync(CancellationToken ct)
    {
        if (files.Membership is null && _seeds.IsEmpty) Adopt(NewPlan([Self]));
        FoundingPolicy policy = new(_seeds.Length, Key, self.DirectoryId);
        for (; ; await Task.Delay(AskEvery, environment.Clock, ct))
        {
            if (files.Membership is { } membership)
            {
                WaitingFor = null;
                return membership;
            }

            SeedAnswer?[] answers = await Task.WhenAll(_seeds.Select(seed => ProbeAsync(seed, ct)));
            ClusterId? strange = answers.Select(a => a?.Cluster)
                .FirstOrDefault(c => c is not null && restored is not null && c != restored.Configuration.Id);
            FoundingStep step = strange is not null
                ? new FoundingStep.Wait(
                    $"the seeds belong to cluster {strange}, this directory was restored from a backup of "
                    + $"{restored!.Configuration.Id}: name seeds of that one")
                : policy.Decide([.. answers.OfType<SeedAnswer>()], environment.Clock.GetUtcNow());
            await TakeAsync(step, ct);
        }
    }

    /// <summary>Asks whoever is at an address who it is; null if it does not answer.</summary>
    public async Task<TalkReply.Probed?> WhoIsAsync(string address, CancellationToken ct)
    {
        try
        {
            return await dialer.AskAsync<TalkReply.Probed>(address, Preface, new TalkRequest.Probe(), ct);
        }
        catch (TsDbException)
        {
            return null;
        }
    }

    /// <summary>
    /// True if whoever is at an address knows that this directory was removed from its cluster.
    /// </summary>
    public async Task<bool> IsRemovedByAsync(string address, CancellationToken ct)
    {
        try
        {
            ClusterPreface preface = Preface with { Cluster = files.Membership?.Cluster ?? default };
            _ = await dialer.AskAsync<TalkReply.Probed>(address, preface, new TalkRequest.Probe(), ct);
            return false;
        }
        catch (TsDbException e)
        {
            return e.Kind == ErrorKind.Conflict;
        }
    }

    /// <summary>Enters the cluster that was founded with this node.</summary>
    public MembershipRecord Adopt(FoundingPlan plan)
    {
        if (plan.Members.All(m => m.DirectoryId != self.DirectoryId))
            throw new TsDbException(ErrorKind.Invalid, $"cluster {plan.Id} was not founded with this node");
        MembershipRecord record = files.Enter(new MembershipRecord
        {
            Version = MembershipRecord.VersionNow,
            Cluster = plan.Id,
            Plan = plan,
            Members = plan.Members,
        });
        Log.Founded(_log, plan.Id, plan.Members.Length);
        return record;
    }

    private async Task<SeedAnswer?> ProbeAsync(string seed, CancellationToken ct) =>
        seed == self.ClusterAddress ? Self : (await WhoIsAsync(seed, ct))?.Self;

    private async Task TakeAsync(FoundingStep step, CancellationToken ct)
    {
        switch (step)
        {
            case FoundingStep.Wait wait:
                Wait(wait.Reason);
                break;
            case FoundingStep.Adopt adopt:
                _ = Adopt(adopt.Plan);
                break;
            case FoundingStep.Join join:
                await JoinAsync(join.Through, ct);
                break;
            case FoundingStep.Propose propose:
                await ProposeAsync(propose.Seeds, ct);
                break;
        }
    }

    private void Wait(string reason)
    {
        if (reason == WaitingFor) return;
        WaitingFor = reason;
        Log.Waiting(_log, reason);
    }

    private async Task JoinAsync(Member through, CancellationToken ct)
    {
        try
        {
            TalkReply.Joined joined = await dialer.AskAsync<TalkReply.Joined>(
                through.ClusterAddress, Preface, new TalkRequest.Join(self, _process, false), ct);
            _ = files.Enter(new MembershipRecord
            {
                Version = MembershipRecord.VersionNow,
                Cluster = joined.Cluster,
                Members = joined.Members,
            });
            Log.Joined(_log, joined.Cluster);
        }
        catch (TsDbException e)
        {
            Wait($"the cluster does not admit this node: {e.Message}");
        }
    }

    private async Task ProposeAsync(ImmutableArray<SeedAnswer> seeds, CancellationToken ct)
    {
        FoundingRound round = new(
            new FoundingBallot(++_round, self.DirectoryId), (_seeds.Length / 2) + 1, NewPlan(seeds));
        string key = Key;
        foreach (TalkReply.Voted voted in await AskSeedsAsync(new TalkRequest.Prepare(key, round.Ballot), ct))
        {
            round.Promised(voted.DirectoryId, voted.Vote);
            _round = Math.Max(_round, voted.Vote.Promised?.Round ?? 0);
        }

        if (round.ToPropose is not { } plan) return;
        TalkRequest accept = new TalkRequest.Accept(key, round.Ballot, plan);
        foreach (TalkReply.Voted voted in await AskSeedsAsync(accept, ct))
            round.Accepted(voted.DirectoryId, voted.Vote);
        if (round.Chosen is not { } chosen) return;
        await Task.WhenAll(chosen.Members.Select(member => TellAsync(member, chosen, ct)));
    }

    // Whoever does not hear it now asks a member later and is answered with the plan.
    private async Task TellAsync(Member member, FoundingPlan plan, CancellationToken ct)
    {
        try
        {
            if (member.DirectoryId == self.DirectoryId) _ = Adopt(plan);
            else
            {
                _ = await dialer.AskAsync<TalkReply.Done>(
                    member.ClusterAddress, Preface, new TalkRequest.Founded(plan), ct);
            }
        }
        catch (TsDbException e)
        {
            Log.Waiting(_log, $"{member.Id} was not told of the founding: {e.Message}");
        }
    }

    private async Task<TalkReply.Voted[]> AskSeedsAsync(TalkRequest request, CancellationToken ct)
    {
        TalkReply.Voted?[] votes = await Task.WhenAll(_seeds.Select(seed => VoteAsync(seed, request, ct)));
        return [.. votes.OfType<TalkReply.Voted>()];
    }

    private async Task<TalkReply.Voted?> VoteAsync(string seed, TalkRequest request, CancellationToken ct)
    {
        try
        {
            return await dialer.AskAsync<TalkReply.Voted>(seed, Preface, request, ct);
        }
        catch (TsDbException e)
        {
            Wait($"founding: {seed} does not vote: {e.Message}");
            return null;
        }
    }

    private FoundingPlan NewPlan(ImmutableArray<SeedAnswer> seeds) => new()
    {
        Id = restored?.Configuration.Id ?? new ClusterId(environment.NewId()),
        Members = [.. seeds.Select(seed => seed.Member)],
        ShardCount = restored?.Configuration.ShardCount ?? settings.ShardCount,
        ReplicationFactor = restored?.Configuration.ReplicationFactor ?? settings.ReplicationFactor,
        WriteQuorumAsked = restored?.Configuration.WriteQuorumAsked ?? settings.WriteQuorumAsked,
        Restored = restored is null ? null : RestoredCluster.Of(restored.Configuration, seeds),
    };
}
