using TsDb.Model;

namespace TsDb.Replication.Cluster;

/// <summary>What a seed says of itself when it is asked.</summary>
/// <param name="Member">Who it is.</param>
/// <param name="Cluster">The cluster it belongs to; null if it never belonged to one.</param>
/// <param name="Plan">What its cluster was founded with, if it was there.</param>
/// <param name="Seeds">The seeds it was started with, sorted and joined by commas.</param>
public sealed record SeedAnswer(Member Member, ClusterId? Cluster, FoundingPlan? Plan, string Seeds);
