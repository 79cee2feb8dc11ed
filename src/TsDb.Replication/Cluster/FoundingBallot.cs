namespace TsDb.Replication.Cluster;

/// <summary>The number of one attempt to found a cluster: rounds first, then whoever attempts it.</summary>
/// <param name="Round">Rises with each attempt; at least 1.</param>
/// <param name="Proposer">Data directory of the proposing node, so that no two attempts have one
/// number.</param>
public readonly record struct FoundingBallot(long Round, Guid Proposer) : IComparable<FoundingBallot>
{
    /// <summary>Orders by round, then proposer.</summary>
    public int CompareTo(FoundingBallot other)
    {
        int order = Round.CompareTo(other.Round);
        return order != 0 ? order : Proposer.CompareTo(other.Proposer);
    }
}
