namespace TsDb.Replication.Cluster;

/// <summary>
/// What one seed has promised and accepted: the acceptor of single-decree Paxos (Lamport, "Paxos Made
/// Simple", 2001). It is on disk before it is said. Immutable.
/// </summary>
public sealed record FoundingVote
{
    /// <summary>The highest attempt promised; null for none. Lower ones are refused.</summary>
    public FoundingBallot? Promised { get; init; }

    /// <summary>The attempt whose plan was accepted last; null for none.</summary>
    public FoundingBallot? Accepted { get; init; }

    /// <summary>The plan accepted last; null for none.</summary>
    public FoundingPlan? Plan { get; init; }

    /// <summary>The vote after being asked to promise; the same object if the attempt is refused.</summary>
    public FoundingVote Prepare(FoundingBallot ballot) =>
        Promised is { } promised && ballot.CompareTo(promised) <= 0 ? this : this with { Promised = ballot };

    /// <summary>The vote after being asked to accept; the same object if the attempt is refused.</summary>
    public FoundingVote Accept(FoundingBallot ballot, FoundingPlan plan) =>
        Promised is { } promised && ballot.CompareTo(promised) < 0
            ? this
            : new FoundingVote { Promised = ballot, Accepted = ballot, Plan = plan };
}
