using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Cluster;

namespace TsDb.Replication.Repair;

/// <summary>A shard as its nodes describe it.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Owners">Who has to do with it.</param>
/// <param name="Said">What each that answered has of it.</param>
/// <param name="LeavesMost">Leaves that some owner had a moment before: what all should have by now.</param>
public sealed record ShardState(
    ShardId Shard, ShardOwners Owners, ImmutableSortedDictionary<NodeId, ShardDigest> Said, long LeavesMost)
{
    /// <summary>True if an owner does not answer, is recovering, or lacks what another has.</summary>
    public bool IsUnderReplicated => Owners.Now.Any(node => StateOf(node) != "whole");

    /// <summary>
    /// <c>whole</c>; <c>behind</c> if it lacks what another had a moment before; <c>recovering</c> if it
    /// counts in no quorum; <c>silent</c> if it did not answer.
    /// </summary>
    public string StateOf(NodeId node)
    {
        if (!Said.TryGetValue(node, out ShardDigest said)) return "silent";
        if (said.IsRecovering) return "recovering";
        return said.Digest.Count >= LeavesMost ? "whole" : "behind";
    }
}
