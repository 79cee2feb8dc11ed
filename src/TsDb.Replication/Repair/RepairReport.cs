using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Replication.Repair;

/// <summary>What a round of repair found.</summary>
/// <param name="Conclusive">
/// Shards for which enough co-owners were heard: nothing that was durable when the round began is missing
/// there.
/// </param>
/// <param name="Inconclusive">The other shards of the round.</param>
/// <param name="Fetched">Leaves that were fetched and stored.</param>
/// <param name="Missing">Leaves that others have and that could not be got.</param>
public sealed record RepairReport(
    ImmutableArray<ShardId> Conclusive, ImmutableArray<ShardId> Inconclusive, int Fetched, int Missing);
