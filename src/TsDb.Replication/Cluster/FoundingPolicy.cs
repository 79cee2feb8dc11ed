using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Replication.Cluster;

/// <summary>
/// Decides from the seeds' answers what a node that never belonged to a cluster does. A cluster is founded
/// only by a majority of the listed seeds that all say they were never members; the vote itself is
/// <see cref="FoundingRound"/>.
/// </summary>
public sealed class FoundingPolicy(int seedCount, string seeds, Guid self)
{
    /// <summary>
    /// How long a majority waits for the rest, so that nodes started together are founders together.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    /// <summary>How much later the next in line tries when the one before it does not.</summary>
    public static readonly TimeSpan Turn = TimeSpan.FromSeconds(3);

    private DateTimeOffset? _majoritySince;

    /// <summary>Seeds that make a majority of the listed ones.</summary>
    public int Quorum => (seedCount / 2) + 1;

    /// <summary>What to do after these answers, one a seed that answered at all.</summary>
    public FoundingStep Decide(IReadOnlyCollection<SeedAnswer> answers, DateTimeOffset now)
    {
        SeedAnswer[] members = [.. answers.Where(a => a.Cluster is not null).OrderBy(a => a.Member.Id)];
        if (members.Length > 0) return Enter(members);
        SeedAnswer[] candidates = [.. answers
            .Where(a => a.Seeds == seeds)
            .DistinctBy(a => a.Member.DirectoryId)
            .OrderBy(a => a.Member.Id)];
        if (candidates.Length < answers.Count)
        {
            return Waiting(
                $"{answers.Count - candidates.Length} of {answers.Count} seeds that answer were started with "
                + "other seeds, are listed twice, or were not restored from backups of one cluster as the "
                + "others were: start all with the same --seeds");
        }

        if (candidates.All(a => a.Member.DirectoryId != self))
            return Waiting("this node is not among its seeds, and none of them belongs to a cluster yet");
        if (candidates.GroupBy(a => a.Member.Id).FirstOrDefault(g => g.Count() > 1) is { } twice)
            return Waiting($"two seeds have the id {twice.Key}: give each its own --id");
        if (candidates.Length < Quorum)
            return Waiting(
                $"{candidates.Length} of {seedCount} seeds answer; {Quorum} are needed to found a cluster");
        return candidates.Any(a => a.Restored is not null)
            ? ProposeAnew(candidates) : Propose(candidates, now);
    }

    // All have to be there, as an owner that comes later counts in no quorum; and only the newest backup
    // knows all that the cluster had decided.
    private FoundingStep ProposeAnew(SeedAnswer[] candidates)
    {
        if (candidates.Length < seedCount)
        {
            return Waiting(
                $"{candidates.Length} of {seedCount} seeds answer; a cluster that comes from backups needs "
                + "all: start them, or name only those that there are in --seeds");
        }

        SeedAnswer newest = candidates.Aggregate((best, next) =>
            RestoredSeed.ByNewness(next.Restored!, best.Restored!) > 0 ? next : best);
        return newest.Member.DirectoryId == self
            ? new FoundingStep.Propose([.. candidates])
            : new FoundingStep.Wait(
                $"{newest.Member.Id} has the newest backup and founds the cluster anew");
    }

    private FoundingStep Propose(SeedAnswer[] candidates, DateTimeOffset now)
    {
        _majoritySince ??= now;
        int turn = Array.FindIndex(candidates, a => a.Member.DirectoryId == self);
        TimeSpan wait = (Turn * turn) + (candidates.Length < seedCount ? Grace : TimeSpan.Zero);
        return now - _majoritySince >= wait
            ? new FoundingStep.Propose([.. candidates])
            : new FoundingStep.Wait(
                $"{candidates.Length} of {seedCount} seeds answer; "
                + $"{candidates[0].Member.Id} founds the cluster");
    }

    private FoundingStep Enter(SeedAnswer[] members)
    {
        ImmutableArray<ClusterId> clusters = [.. members.Select(m => m.Cluster!.Value).Distinct()];
        if (clusters.Length > 1)
            return Waiting(
                $"the seeds belong to {clusters.Length} different clusters: name the seeds of one");
        return members.Select(m => m.Plan)
            .FirstOrDefault(p => p?.Members.Any(m => m.DirectoryId == self) == true)
            is { } plan
            ? new FoundingStep.Adopt(plan)
            : new FoundingStep.Join(members[0].Member);
    }

    private FoundingStep.Wait Waiting(string reason)
    {
        _majoritySince = null;
        return new FoundingStep.Wait(reason);
    }
}
