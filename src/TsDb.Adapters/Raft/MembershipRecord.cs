using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Cluster;

namespace TsDb.Adapters.Raft;

/// <summary>That this data directory belongs to a cluster, for good. Immutable.</summary>
internal sealed record MembershipRecord
{
    /// <summary>The version written; 1, whose members could not leave, is read too.</summary>
    public const int VersionNow = 2;

    /// <summary>Version of this record.</summary>
    public required int Version { get; init; }

    /// <summary>The cluster.</summary>
    public required ClusterId Cluster { get; init; }

    /// <summary>What it was founded with, if this node was a founder; else null.</summary>
    public FoundingPlan? Plan { get; init; }

    /// <summary>Members when this was written: where to look for the others.</summary>
    public required ImmutableArray<Member> Members { get; init; }
}
