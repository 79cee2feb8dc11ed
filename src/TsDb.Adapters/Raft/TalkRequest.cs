using System.Text.Json.Serialization;
using TsDb.Replication.Cluster;

namespace TsDb.Adapters.Raft;

/// <summary>A question on the cluster port.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "ask")]
[JsonDerivedType(typeof(Probe), "probe")]
[JsonDerivedType(typeof(Prepare), "prepare")]
[JsonDerivedType(typeof(Accept), "accept")]
[JsonDerivedType(typeof(Founded), "founded")]
[JsonDerivedType(typeof(Join), "join")]
[JsonDerivedType(typeof(Propose), "propose")]
internal abstract record TalkRequest
{
    /// <summary>Who are you, and were you ever a member?</summary>
    public sealed record Probe : TalkRequest;

    /// <summary>Founding, first phase; the seeds must be the same on both sides.</summary>
    public sealed record Prepare(string Seeds, FoundingBallot Ballot) : TalkRequest;

    /// <summary>Founding, second phase.</summary>
    public sealed record Accept(string Seeds, FoundingBallot Ballot, FoundingPlan Plan) : TalkRequest;

    /// <summary>The cluster was founded with you.</summary>
    public sealed record Founded(FoundingPlan Plan) : TalkRequest;

    /// <summary>Make me a member, or take over my new addresses.</summary>
    public sealed record Join(Member Member, Guid Process, bool IsForwarded) : TalkRequest;

    /// <summary>Put this command into the log; only a leader does.</summary>
    public sealed record Propose(ClusterCommand Command) : TalkRequest;
}
