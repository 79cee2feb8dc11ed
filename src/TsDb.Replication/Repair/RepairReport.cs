using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Replication.Repair;

/// <summary>What a round of repair found.</summary>
/// <param name="Conclusive">
/// Shards for which enough co-owners were heard: nothing that was durable when the round began, and that a
/// co-owner has, is missing there.
/// </param>
/// <param name="Inconclusive">The other shards of the round.</param>
/// <param name="Fetched">Leaves that were fetched and stored.</param>
/// <param name="Missing">Leaves that others have and that could not be got.</param>
public sealed record RepairReport(
    ImmutableArray<ShardId> Conclusive, ImmutableArray<ShardId> Inconclusive, int Fetched, int Missing)
{
    /// <summary>
    /// Inconclusive shards that this node had all of, and of which every co-owner was heard, such as where
    /// each of them lost something: what is missing there nobody has but the edge.
    /// </summary>
    public ImmutableArray<ShardId> Exhausted { get; init; } = [];
}
