using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Cluster;

namespace TsDb.Replication.Repair;

/// <summary>A shard as its nodes describe it.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Owners">Who has to do with it.</param>
/// <param name="Said">What each that answered has of it.</param>
public sealed record ShardState(
    ShardId Shard, ShardOwners Owners, ImmutableSortedDictionary<NodeId, ShardDigest> Said)
{
    /// <summary>True if an owner does not answer, is recovering, or lacks what another has.</summary>
    public bool IsUnderReplicated => Owners.Now.Any(node => StateOf(node) != "whole");

    /// <summary>
    /// <c>whole</c>; <c>behind</c> if another has more; <c>recovering</c> if it counts in no quorum;
    /// <c>silent</c> if it did not answer.
    /// </summary>
    public string StateOf(NodeId node)
    {
        if (!Said.TryGetValue(node, out ShardDigest said)) return "silent";
        if (said.IsRecovering) return "recovering";
        long most = Owners.All.Max(n => Said.TryGetValue(n, out ShardDigest other) ? other.Digest.Count : 0);
        return said.Digest.Count == most ? "whole" : "behind";
    }
}
