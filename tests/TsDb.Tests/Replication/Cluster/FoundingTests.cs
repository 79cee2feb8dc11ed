using CsCheck;
using TsDb.Model;
using TsDb.Replication.Cluster;

namespace TsDb.Tests.Replication.Cluster;

/// <summary>The vote at the founding: whatever is lost or crashes, at most one plan is ever chosen.</summary>
public sealed class FoundingTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;

    [Fact]
    public void Whatever_is_lost_in_whatever_order_two_clusters_are_never_founded() =>
        Gen.Select(Gen.Int[3, 5], Gen.Int[0, 1_000_000])
            .Sample((seeds, seed) => Contend(seeds, new Random(seed)), iter: 3_000);

    [Fact]
    public void A_majority_that_was_never_a_member_founds_after_the_grace_and_the_lowest_id_proposes()
    {
        FoundingPolicy low = new(3, "s", Id(1));
        FoundingPolicy high = new(3, "s", Id(2));
        SeedAnswer[] two = [Never("n1", 1), Never("n2", 2)];
        Assert.IsType<FoundingStep.Wait>(low.Decide(two, Start));
        Assert.IsType<FoundingStep.Wait>(high.Decide(two, Start));
        FoundingStep.Propose propose =
            Assert.IsType<FoundingStep.Propose>(low.Decide(two, Start + FoundingPolicy.Grace));
        Assert.Equal(["n1", "n2"], propose.Seeds.Select(s => s.Member.Id.Value));
        Assert.IsType<FoundingStep.Wait>(high.Decide(two, Start + FoundingPolicy.Grace));
        Assert.IsType<FoundingStep.Propose>(
            high.Decide(two, Start + FoundingPolicy.Grace + FoundingPolicy.Turn));
    }

    [Fact]
    public void All_seeds_need_no_grace()
    {
        FoundingPolicy policy = new(3, "s", Id(1));
        Assert.IsType<FoundingStep.Propose>(
            policy.Decide([Never("n1", 1), Never("n2", 2), Never("n3", 3)], Start));
    }

    [Fact]
    public void A_minority_waits_for_ever()
    {
        FoundingPolicy policy = new(3, "s", Id(1));
        Assert.IsType<FoundingStep.Wait>(policy.Decide([Never("n1", 1)], Start));
        Assert.IsType<FoundingStep.Wait>(policy.Decide([Never("n1", 1)], Start + TimeSpan.FromDays(1)));
    }

    [Fact]
    public void A_seed_of_a_cluster_is_joined_or_if_it_was_founded_with_this_node_adopted()
    {
        FoundingPlan plan = Plan(1, "n1", "n2");
        SeedAnswer member = Never("n1", 1) with { Cluster = plan.Id, Plan = plan };
        Assert.IsType<FoundingStep.Adopt>(
            new FoundingPolicy(3, "s", Id(2)).Decide([member, Never("n2", 2)], Start));
        FoundingStep.Join join =
            Assert.IsType<FoundingStep.Join>(
                new FoundingPolicy(3, "s", Id(3)).Decide([member, Never("n3", 3)], Start));
        Assert.Equal("n1", join.Through.Id.Value);
    }

    [Theory]
    [InlineData("n2", 2, "other seeds", 3)]
    [InlineData("n1", 2, "s", 3)]
    [InlineData("n2", 2, "s", 9)]
    public void Nodes_that_disagree_do_not_found(string id, int directory, string seeds, int self)
    {
        FoundingPolicy policy = new(3, "s", Id(self));
        SeedAnswer[] answers = [Never("n1", 1), Never("n3", 3), Never(id, directory) with { Seeds = seeds }];
        FoundingStep.Wait wait =
            Assert.IsType<FoundingStep.Wait>(policy.Decide(answers, Start + TimeSpan.FromHours(1)));
        Assert.NotEmpty(wait.Reason);
    }

    [Fact]
    public void Seeds_from_backups_wait_for_all_of_them_and_the_newest_backup_founds()
    {
        SeedAnswer[] all = [Restored("n1", 1, 4, 90), Restored("n2", 2, 5, 11), Restored("n3", 3, 5, 10)];
        for (int self = 1; self <= 3; self++)
        {
            FoundingPolicy policy = new(3, "s", Id(self));
            FoundingStep.Wait wait = Assert.IsType<FoundingStep.Wait>(
                policy.Decide([all[self - 1], all[self % 3]], Start + TimeSpan.FromDays(1)));
            Assert.Contains("2 of 3", wait.Reason, StringComparison.Ordinal);
            FoundingStep step = policy.Decide(all, Start);
            if (self == 2) Assert.Equal(all, Assert.IsType<FoundingStep.Propose>(step).Seeds);
            else Assert.IsType<FoundingStep.Wait>(step);
        }
    }

    [Fact]
    public void An_empty_seed_among_those_from_backups_founds_nothing_with_them()
    {
        FoundingPolicy policy = new(2, "s", Id(1));
        SeedAnswer[] answers = [Restored("n1", 1, 4, 1), Never("n2", 2) with { Seeds = "s without" }];
        FoundingStep.Wait wait =
            Assert.IsType<FoundingStep.Wait>(policy.Decide(answers, Start + TimeSpan.FromDays(1)));
        Assert.Contains("backups", wait.Reason, StringComparison.Ordinal);
    }

    // Every node proposes again and again; requests and answers are lost at random, steps interleave at
    // random.
    private static void Contend(int count, Random random)
    {
        FoundingVote[] votes = [.. Enumerable.Range(0, count).Select(_ => new FoundingVote())];
        HashSet<ClusterId> chosen = [];
        FoundingRound?[] rounds = new FoundingRound?[count];
        long[] numbers = new long[count];
        for (int step = 0; step < 200; step++)
        {
            int node = random.Next(count);
            if (rounds[node] is not { } round || random.Next(20) == 0)
            {
                FoundingBallot ballot = new(numbers[node] += random.Next(1, 3), Id(node));
                rounds[node] = new FoundingRound(ballot, (count / 2) + 1, Plan(100 + step, $"n{node}"));
                continue;
            }

            int to = random.Next(count);
            bool isHeard = random.Next(4) > 0;
            if (round.ToPropose is { } plan)
            {
                votes[to] = votes[to].Accept(round.Ballot, plan);
                if (isHeard) round.Accepted(Id(to), votes[to]);
            }
            else
            {
                votes[to] = votes[to].Prepare(round.Ballot);
                if (isHeard) round.Promised(Id(to), votes[to]);
                numbers[node] = Math.Max(numbers[node], votes[to].Promised!.Value.Round);
            }

            if (round.Chosen is { } founded) chosen.Add(founded.Id);
        }

        Assert.True(chosen.Count <= 1, $"{chosen.Count} clusters were founded");
    }

    private static SeedAnswer Never(string id, int directory) => new(Node(id, directory), null, null, "s");

    private static SeedAnswer Restored(string id, int directory, long epoch, long index) =>
        Never(id, directory) with
        {
            Restored = new RestoredSeed(
                Id(50 + directory), new ClusterId(Id(9)), new Epoch(epoch), index),
        };

    private static FoundingPlan Plan(int cluster, params string[] members) => new()
    {
        Id = new ClusterId(Id(cluster)),
        Members = [.. members.Select((m, i) => Node(m, i + 1))],
        ShardCount = 64,
        ReplicationFactor = 3,
        WriteQuorumAsked = 0,
    };

    private static Member Node(string id, int directory) => new()
    {
        Id = new NodeId(id),
        DirectoryId = Id(directory),
        HttpAddress = "",
        FlightAddress = "",
        ClusterAddress = "h:1",
        BrokerAddress = "",
    };

    private static Guid Id(int number) => new(number, 0, 0, new byte[8]);
}
