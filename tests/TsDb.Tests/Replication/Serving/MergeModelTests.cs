namespace TsDb.Tests.Replication.Serving;

/// <summary>
/// An edge and a replica in the cloud against a simple map: whatever is written, written again, sealed, cut,
/// shipped in any order, merged in the cloud, cut anew after a fork, dropped by retention and restarted,
/// whoever has everything shows the map. Both are read by the plan that queries are read by: windows in which
/// files overlap are merged, the rest is taken as it lies.
/// </summary>
public sealed class MergeModelTests
{
    private const int Steps = 120;

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(4, false)]
    [InlineData(5, true)]
    [InlineData(6, true)]
    [InlineData(7, true)]
    [InlineData(8, true)]
    public async Task Whoever_has_everything_shows_what_a_map_would_hold(int seed, bool drops)
    {
        using MergeWorld world = new(seed);
        for (int step = 0; step < Steps; step++)
        {
            await StepAsync(world, drops);
            if (step % 5 == 0 && !world.HasDropped) Assert.Equal(world.Expected, world.ReadEdge());
            if (world.Random.Next(15) > 0) continue;
            await world.ShipAllAsync();
            Assert.Equal(world.Expected, world.ReadCloud());
        }

        await world.ShipAllAsync();
        Assert.Equal(world.Expected, world.ReadCloud());
        world.CompactCloud();
        Assert.Equal(world.Expected, world.ReadCloud());
        Assert.True(world.LeafCount > 3 && world.MergeCount > 0, "too little happened");
        if (!drops) Assert.Equal(world.Expected, world.ReadEdge());
    }

    [Fact]
    public async Task A_fork_is_cut_anew_over_what_is_newer_whatever_retention_would_drop()
    {
        using MergeWorld world = new(9);
        for (int i = 0; i < 6; i++)
        {
            await world.WriteAsync();
            await world.FlushAsync();
            world.Cut(all: true);
        }

        // The oldest shipments stay on their way; the newest are durable.
        world.Fork();
        world.Deliver(3);
        world.Drop();
        await world.ShipAllAsync();
        Assert.Equal(1, world.ForkCount);
        Assert.Equal(world.Expected, world.ReadCloud());
    }

    private static async Task StepAsync(MergeWorld world, bool drops)
    {
        switch (world.Random.Next(17))
        {
            case 0:
                await world.RestartEdgeAsync();
                break;
            case 1:
                world.RestartCloud();
                break;
            case 2 or 3:
                await world.FlushAsync();
                break;
            case 4 or 5:
                world.Cut();
                break;
            case 6 or 7:
                world.Deliver(world.Random.Next(1, 4));
                break;
            case 8:
                world.Fork();
                break;
            case 16:
                world.CompactCloud();
                break;
            case 9 when drops:
                world.Drop();
                break;
            default:
                await world.WriteAsync();
                break;
        }
    }
}
