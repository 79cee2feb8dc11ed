using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Receiving;

namespace TsDb.Tests.Replication.Receiving;

public sealed class ChaosTests
{
    /// <summary>
    /// Messages get lost, double and overtake each other, nodes lose their power at any call to the disk:
    /// whatever is called durable is on the disks of a write quorum at that moment and ever after, and once
    /// the faults stop every owner has every leaf.
    /// </summary>
    [Theory]
    [InlineData(3, 3)]
    [InlineData(4, 2)]
    [InlineData(3, 1)]
    public void What_is_called_durable_is_on_a_write_quorum_of_disks(int nodes, int replication)
    {
        for (int seed = 0; seed < 8; seed++) Run(seed, nodes, replication);
    }

    private static void Run(int seed, int nodes, int replication)
    {
        Random random = new(seed);
        CloudWorld world = new(seed, nodes, replication) { Loss = 0.15, Doubling = 0.1 };
        world.Register(Shipments.First);
        List<VerifiedLeaf> leaves = [];
        HashSet<ContentHash> durable = [];
        Dictionary<ContentHash, VerifiedLeaf> byHash = [];
        world.Decided = (node, hash) =>
        {
            Assert.True(
                world.Holders(byHash[hash].Leaf) >= world.Cluster.WriteQuorum,
                $"seed {seed}: {node} said too much");
            durable.Add(hash);
        };
        HashSet<ContentHash> heard = [];
        world.Answered = (_, answer) =>
        {
            if (answer is EdgeAnswer.Durable word) heard.Add(word.Hash);
            if (answer is EdgeAnswer.Want want) Resend(world, byHash[want.Hash], want);
        };
        for (int round = 0; round < 30; round++)
        {
            VerifiedLeaf leaf = Shipments.Make(
                round + 1, rows: random.Next(5, 400), cell: Shipments.Cell(17_000 + random.Next(4)));
            leaves.Add(leaf);
            byHash[leaf.Leaf.Hash] = leaf;
            foreach (VerifiedLeaf open in leaves.Where(l => !heard.Contains(l.Leaf.Hash)))
            {
                bool inline = open.Content.Length < 3_000;
                world.Offer(open, inline);
                if (!inline && random.Next(2) == 0) world.SendChunks(open);
            }

            CloudWorld.Node node = world.Nodes[random.Next(nodes)];
            if (!node.IsUp) node.Restart();
            else if (random.Next(3) == 0) node.Disk.CrashAtCall = node.Disk.Calls + random.Next(1, 30);
            world.Run(TimeSpan.FromSeconds(random.Next(1, 6)));
        }

        (world.Loss, world.Doubling) = (0, 0);
        foreach (CloudWorld.Node node in world.Nodes)
        {
            node.Disk.CrashAtCall = null;
            if (!node.IsUp) node.Restart();
        }

        for (int i = 0; i < 10; i++)
        {
            foreach (VerifiedLeaf open in leaves.Where(l => !heard.Contains(l.Leaf.Hash)))
            {
                world.Offer(open, open.Content.Length < 3_000);
            }

            world.Run(TimeSpan.FromSeconds(40));
            foreach (CloudWorld.Node node in world.Nodes) Assert.Empty(node.Repair().Inconclusive);
        }

        foreach (VerifiedLeaf leaf in leaves)
        {
            Assert.Contains(leaf.Leaf.Hash, heard);
            Assert.Equal(
                replication, world.Nodes.Count(
                    node => node.Store.Current.Find(leaf.Leaf) is { } s && node.Store.Scrub(s)));
        }

        Assert.Superset(heard, durable);
    }

    private static void Resend(CloudWorld world, VerifiedLeaf leaf, EdgeAnswer.Want want)
    {
        if (want.Ranges.IsEmpty) world.Offer(leaf, leaf.Content.Length < 3_000);
        else world.SendChunks(leaf, ranges: want.Ranges);
    }
}
