using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Storage.Ports;

namespace TsDb.Adapters.Raft;

/// <summary>
/// What a node must never forget about clusters: its vote at the founding, and its membership.
/// </summary>
internal sealed class MembershipFiles(IDisk disk)
{
    private const string VotePath = "raft/vote.json";
    private const string MembershipPath = "raft/membership.json";

    // The only one so far, and not written: a later one has to be.
    private const int VoteVersion = 1;

    private readonly Lock _gate = new();
    private FoundingVote _vote =
        DurableFile.ReadJson<FoundingVote>(disk, VotePath, VoteVersion) ?? new FoundingVote();
    private MembershipRecord? _membership =
        DurableFile.ReadJson<MembershipRecord>(disk, MembershipPath, MembershipRecord.VersionNow);

    /// <summary>The cluster this node belongs to; null if it never belonged to one.</summary>
    public MembershipRecord? Membership
    {
        get
        {
            lock (_gate) return _membership;
        }
    }

    /// <summary>
    /// Changes the vote; it is on disk when this returns. A node that belongs to a cluster does not vote any
    /// more.
    /// </summary>
    public FoundingVote Vote(Func<FoundingVote, FoundingVote> change)
    {
        lock (_gate)
        {
            if (_membership is not null)
                throw new TsDbException(ErrorKind.Conflict, "this node belongs to a cluster already");
            FoundingVote next = change(_vote);
            if (next != _vote) DurableFile.WriteJson(disk, VotePath, next);
            return _vote = next;
        }
    }

    /// <summary>
    /// Enters a cluster for good; the voters of a founding are on disk before the membership is. Does nothing
    /// if this node is in that cluster; throws Conflict if it is in another one.
    /// </summary>
    public MembershipRecord Enter(MembershipRecord record)
    {
        lock (_gate)
        {
            if (_membership is { } known)
            {
                return known.Cluster == record.Cluster
                    ? known
                    : throw new TsDbException(
                        ErrorKind.Conflict, $"this node belongs to cluster {known.Cluster}");
            }

            if (record.Plan is { } plan)
            {
                new MemberStorage(disk, RaftNode.MembersPath).Found(
                    new MemberSet(plan.Members.Select(m => m.DirectoryId)));
            }

            DurableFile.WriteJson(disk, MembershipPath, record);
            return _membership = record;
        }
    }
}
