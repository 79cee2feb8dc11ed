using System.Text.Json.Serialization;
using TsDb.Model;

namespace TsDb.Replication.Cluster;

/// <summary>What a seed says of itself when it is asked.</summary>
/// <param name="Member">Who it is.</param>
/// <param name="Cluster">The cluster it belongs to; null if it never belonged to one.</param>
/// <param name="Plan">What its cluster was founded with, if it was there.</param>
/// <param name="Seeds">What has to be the same for all that found a cluster together: the seeds it was
/// started with, sorted and joined by commas, and the cluster it was restored of.</param>
public sealed record SeedAnswer(Member Member, ClusterId? Cluster, FoundingPlan? Plan, string Seeds)
{
    /// <summary>The backup that its directory was made of; null if it was made of none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RestoredSeed? Restored { get; init; }
}
