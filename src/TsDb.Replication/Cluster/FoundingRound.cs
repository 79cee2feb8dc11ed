namespace TsDb.Replication.Cluster;

/// <summary>
/// One attempt to found a cluster: the proposer of single-decree Paxos. A plan that any majority may have
/// accepted before takes the place of the own one, so that two attempts never found two clusters.
/// </summary>
public sealed class FoundingRound(FoundingBallot ballot, int quorum, FoundingPlan ownPlan)
{
    private readonly HashSet<Guid> _promises = [];
    private readonly HashSet<Guid> _accepts = [];
    private FoundingBallot? _highest;
    private FoundingPlan _plan = ownPlan;

    /// <summary>The number of this attempt.</summary>
    public FoundingBallot Ballot => ballot;

    /// <summary>The plan to propose; null before a majority has promised.</summary>
    public FoundingPlan? ToPropose => _promises.Count >= quorum ? _plan : null;

    /// <summary>The founded cluster; null before a majority has accepted.</summary>
    public FoundingPlan? Chosen => _accepts.Count >= quorum ? _plan : null;

    /// <summary>A seed answered to <see cref="FoundingVote.Prepare"/> with its vote.</summary>
    public void Promised(Guid seed, FoundingVote vote)
    {
        // After a majority the plan is settled: what is proposed must not change any more.
        if (vote.Promised != ballot || ToPropose is not null || !_promises.Add(seed)) return;
        if (vote is not { Accepted: { } accepted, Plan: { } plan }) return;
        if (_highest is { } highest && accepted.CompareTo(highest) <= 0) return;
        _highest = accepted;
        _plan = plan;
    }

    /// <summary>A seed answered to <see cref="FoundingVote.Accept"/> with its vote.</summary>
    public void Accepted(Guid seed, FoundingVote vote)
    {
        if (vote.Accepted == ballot) _accepts.Add(seed);
    }
}
