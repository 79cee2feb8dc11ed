using System.Collections.Immutable;
using System.Text.Json.Serialization;
using TsDb.Model;
using TsDb.Replication.Cluster;

namespace TsDb.Adapters.Raft;

/// <summary>An answer on the cluster port.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "answer")]
[JsonDerivedType(typeof(Probed), "probed")]
[JsonDerivedType(typeof(Voted), "voted")]
[JsonDerivedType(typeof(Done), "done")]
[JsonDerivedType(typeof(Joined), "joined")]
[JsonDerivedType(typeof(Failed), "failed")]
internal abstract record TalkReply
{
    /// <summary>Who I am; the process id differs between two processes on copies of one directory.</summary>
    public sealed record Probed(SeedAnswer Self, Guid Process) : TalkReply;

    /// <summary>My vote after what was asked.</summary>
    public sealed record Voted(Guid DirectoryId, FoundingVote Vote) : TalkReply;

    /// <summary>It is done.</summary>
    public sealed record Done : TalkReply;

    /// <summary>You are a member of this cluster, with these others.</summary>
    public sealed record Joined(ClusterId Cluster, ImmutableArray<Member> Members) : TalkReply;

    /// <summary>It was refused.</summary>
    public sealed record Failed(ErrorKind Kind, string Message) : TalkReply;
}
