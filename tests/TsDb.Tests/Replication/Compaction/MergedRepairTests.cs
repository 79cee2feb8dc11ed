using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Receiving;
using TsDb.Replication.Repair;
using TsDb.Tests.Replication.Receiving;

namespace TsDb.Tests.Replication.Compaction;

/// <summary>Owners of which one has merged what another lacks.</summary>
public sealed class MergedRepairTests
{
    private static readonly VerifiedLeaf[] Leaves =
        [.. Enumerable.Range(1, 10).Select(i => Shipments.Make(i))];

    [Fact]
    public void Who_lacks_one_leaf_gets_the_file_it_was_merged_into_and_both_have_the_same_leaves()
    {
        CloudWorld world = World();
        CloudWorld.Node merged = world.Nodes[0];
        CloudWorld.Node lacking = world.Nodes[1];
        Assert.True(Merging.RunAll(merged.Store) > 0);
        lacking.Store.MarkLost(lacking.Store.Current.Find(Leaves[4].Leaf)!, "test");
        RepairReport report = lacking.Repair(Shard(world));
        Assert.Equal((1, 0), (report.Fetched, report.Missing));
        Assert.Empty(lacking.Store.Lost);
        Assert.True(lacking.Store.Current.Find(Leaves[4].Leaf)!.IsMerged);
        Assert.Equal(Digest(merged), Digest(lacking));
        Assert.Equal(merged.Store.Current.FileCount + 1, lacking.Store.Current.FileCount);

        // And the other way round, of another size.
        StoredFile lost = merged.Store.Current.Find(Leaves[9].Leaf)!;
        Assert.True(lost.IsMerged);
        merged.Store.MarkLost(lost, "test");
        Assert.Equal(0, merged.Repair(Shard(world)).Missing);
        Assert.Equal(Digest(merged), Digest(lacking));
    }

    [Fact]
    public void Who_lost_everything_fetches_each_merged_file_once()
    {
        CloudWorld world = World();
        Merging.RunAll(world.Nodes[0].Store);
        foreach (StoredFile file in world.Nodes[1].Store.Current.Files.ToArray())
            world.Nodes[1].Store.MarkLost(file, "test");
        RepairReport report = world.Nodes[1].Repair(Shard(world));
        Assert.Equal((world.Nodes[0].Store.Current.FileCount, 0), (report.Fetched, report.Missing));
        Assert.Equal(Digest(world.Nodes[0]), Digest(world.Nodes[1]));
        Assert.Empty(world.Nodes[1].Store.Lost);
        world.Nodes[1].Restart();
        Assert.Equal(Digest(world.Nodes[0]), Digest(world.Nodes[1]));
    }

    [Fact]
    public async Task A_file_that_is_merged_while_it_is_fetched_is_begun_anew()
    {
        CloudWorld world = World();
        CloudWorld.Node node = world.Nodes[0];
        int pieces = 0;
        world.PieceBytesMax = 500;
        world.Fetching = () => pieces += pieces == 1 ? 1 + Merging.RunAll(node.Store) : 1;
        LeafFetcher fetcher = new(world, 1 << 20);
        TransferredLeaf fetched = await fetcher.FetchAsync(
            node.Id, Leaves[2].Leaf, TestContext.Current.CancellationToken);
        Assert.True(fetched.Run!.IsMerged);
        Assert.Equal(fetched.Run.File, ContentHash.Of(fetched.Bytes.Span));
    }

    [Fact]
    public void A_merged_file_that_is_not_what_was_told_is_not_kept()
    {
        CloudWorld world = World();
        Merging.RunAll(world.Nodes[0].Store);
        (StoredFile file, ReadOnlyMemory<byte> bytes) =
            world.Nodes[0].Store.Read(Leaves[2].Leaf, 0, int.MaxValue);
        CloudWorld.Node other = world.Nodes[1];
        other.Store.MarkLost(other.Store.Current.Find(Leaves[2].Leaf)!, "test");
        TransferredLeaf told = new(
            Leaves[2].Leaf, bytes.Length, TransferForm.Plain, null, bytes) { Run = file.Run };
        byte[] broken = bytes.ToArray();
        broken[^20] ^= 1;
        LeafRun elsewhere = new(file.Run.File, new Ordinal(2), [file.Run.Leaves[1], file.Run.Leaves[2]]);
        LeafRun others = new(file.Run.File, new Ordinal(3), [file.Hash, file.Hash]);
        Assert.Equal(
            [ReceiveOutcome.Damaged, ReceiveOutcome.Refused, ReceiveOutcome.Damaged, ReceiveOutcome.Stored],
            other.Keeper.Keep(
                [
                    told with { Bytes = broken }, told with { Run = elsewhere }, told with { Run = others },
                    told,
                ],
                areHeld: true).Select(finished => finished.Outcome));
    }

    private static CloudWorld World()
    {
        CloudWorld world = new(1, nodes: 2, replication: 2);
        world.Register(Shipments.First);
        foreach (VerifiedLeaf leaf in Leaves) world.Offer(leaf);
        world.Run(TimeSpan.FromSeconds(3));
        Assert.All(world.Nodes, node => Assert.Equal(Leaves.Length, node.Store.Current.LeafCount));
        return world;
    }

    private static ShardId Shard(CloudWorld world) =>
        ShardId.Of(Leaves[0].Leaf.Cell, world.Cluster.ShardCount);

    private static LeafDigest Digest(CloudWorld.Node node) => node.Store.Current.Cells.Single().Digest;
}
