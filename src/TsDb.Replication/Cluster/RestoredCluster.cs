using TsDb.Model;

namespace TsDb.Replication.Cluster;

/// <summary>The configuration with which a cluster is founded anew from backups of its nodes. Pure.</summary>
public static class RestoredCluster
{
    /// <summary>
    /// How far epoch, revision and the number of erasures jump. What nodes and edges have heard after the
    /// backup must not look newer than what they hear now.
    /// </summary>
    public const long Step = 1L << 20;

    /// <summary>
    /// The configuration of the newest backup, in which restored directories have taken the place of those
    /// that the backups were taken of. Everybody else stays a member that is not there: one that comes with
    /// another directory takes the place of its namesake as if its disk had been emptied.
    /// </summary>
    public static ClusterConfiguration Of(ClusterConfiguration newest, IEnumerable<SeedAnswer> seeds)
    {
        Dictionary<Guid, Member> heirs = [];
        foreach (SeedAnswer seed in seeds)
            if (seed.Restored is { } restored) heirs[restored.DirectoryId] = seed.Member;
        Member[] replaced = [.. newest.Members.Where(m => HeirOf(m) is not null)];
        return newest with
        {
            Members = [.. newest.Members.Select(m => HeirOf(m) is { } heir ? With(m, heir) : m)],
            Removed =
            [
                .. newest.Removed.Concat(replaced.Select(m => m.DirectoryId))
                    .TakeLast(ClusterStateMachine.RemovedMax),
            ],
            Epoch = new Epoch(checked(newest.Epoch.Value + Step)),
            Revision = checked(newest.Revision + Step),
            Erasures = newest.Erasures with { Number = checked(newest.Erasures.Number + Step) },
        };

        Member? HeirOf(Member member) =>
            heirs.TryGetValue(member.DirectoryId, out Member? heir) && heir.Id == member.Id ? heir : null;
    }

    // Weight and zone stay: they say where its shards are. Other flags take effect as a change later.
    private static Member With(Member member, Member heir) => member with
    {
        DirectoryId = heir.DirectoryId,
        HttpAddress = heir.HttpAddress,
        FlightAddress = heir.FlightAddress,
        ClusterAddress = heir.ClusterAddress,
        BrokerAddress = heir.BrokerAddress,
    };
}
