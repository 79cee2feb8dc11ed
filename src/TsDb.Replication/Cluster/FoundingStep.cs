using System.Collections.Immutable;

namespace TsDb.Replication.Cluster;

/// <summary>What a node that never belonged to a cluster does next.</summary>
public abstract record FoundingStep
{
    private FoundingStep()
    {
    }

    /// <summary>Ask again later; the reason is for people.</summary>
    public sealed record Wait(string Reason) : FoundingStep;

    /// <summary>Ask a member of the cluster that is there to be admitted.</summary>
    public sealed record Join(Member Through) : FoundingStep;

    /// <summary>Take part in the cluster that was founded with this node among its first members.</summary>
    public sealed record Adopt(FoundingPlan Plan) : FoundingStep;

    /// <summary>Try to found a cluster with these seeds as its members.</summary>
    public sealed record Propose(ImmutableArray<SeedAnswer> Seeds) : FoundingStep;
}
