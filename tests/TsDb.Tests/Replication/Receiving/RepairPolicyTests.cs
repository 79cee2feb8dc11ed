using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Repair;

namespace TsDb.Tests.Replication.Receiving;

public sealed class RepairPolicyTests
{
    [Theory]
    [InlineData(3, 3, 2, 2)]
    [InlineData(5, 3, 3, 1)]
    [InlineData(5, 3, 1, 2)]
    [InlineData(2, 2, 1, 1)]
    [InlineData(2, 3, 1, 1)]
    public void A_recovering_owner_hears_all_that_meet_every_quorum_and_never_more_than_there_are(
        int members, int replication, int quorum, int heardMin)
    {
        ClusterConfiguration cluster = Cluster(members, replication, quorum);
        ShardOwners owners = Placement.Of(cluster, new ShardId(1));
        Assert.Equal(
            heardMin,
            RepairPolicy.HeardMin(cluster, owners, owners.Now[0], isWhole: false, isFamiliar: false));
    }

    [Fact]
    public void A_lone_owner_that_lost_a_leaf_has_nobody_to_hear_and_an_empty_one_never_knows()
    {
        ClusterConfiguration cluster = Cluster(members: 1, replication: 1, quorum: 1);
        ShardOwners owners = Placement.Of(cluster, new ShardId(1));
        Assert.Equal(
            0, RepairPolicy.HeardMin(cluster, owners, owners.Now[0], isWhole: false, isFamiliar: true));
        Assert.Equal(
            1, RepairPolicy.HeardMin(cluster, owners, owners.Now[0], isWhole: false, isFamiliar: false));
        Assert.Equal(1, RepairPolicy.HeardOfLostMin(cluster, owners));
    }

    [Theory]
    [InlineData(3, 3, 2, 2)]
    [InlineData(3, 3, 1, 3)]
    [InlineData(2, 2, 2, 1)]
    public void Of_a_lost_leaf_as_many_must_be_heard_as_meet_every_quorum_even_if_there_are_not_so_many(
        int members, int replication, int quorum, int heardMin)
    {
        ClusterConfiguration cluster = Cluster(members, replication, quorum);
        Assert.Equal(
            heardMin, RepairPolicy.HeardOfLostMin(cluster, Placement.Of(cluster, new ShardId(1))));
    }

    private static ClusterConfiguration Cluster(int members, int replication, int quorum) => new()
    {
        Id = new ClusterId(new Guid(1, 2, 3, new byte[8])),
        Epoch = new Epoch(1),
        Members = [.. Enumerable.Range(1, members).Select(number => new Member
        {
            Id = new NodeId($"C{number}"),
            DirectoryId = new Guid(number, 0, 0, new byte[8]),
            HttpAddress = "",
            FlightAddress = "",
            ClusterAddress = "",
            BrokerAddress = "",
        })],
        ShardCount = 4,
        ReplicationFactor = replication,
        WriteQuorumAsked = quorum,
        Edges = ImmutableSortedDictionary<EdgeId, EdgeRegistration>.Empty,
        Databases = ImmutableSortedDictionary<string, DatabaseSettings>.Empty,
    };
}
