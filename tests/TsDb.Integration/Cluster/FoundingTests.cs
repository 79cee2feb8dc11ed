using TsDb.Model;

namespace TsDb.Integration.Cluster;

/// <summary>Nodes find each other in whatever order they come, and there is one cluster.</summary>
public sealed class FoundingTests : IDisposable
{
    private readonly TestCluster _cluster = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public async Task Without_seeds_a_node_is_a_cluster_at_once_and_still_is_after_a_restart()
    {
        ClusterId id;
        EdgeId[] edges = [.. Enumerable.Range(10, 20).Select(i => new EdgeId($"E{i}"))];
        await using (TestNode node = await _cluster.StartAloneAsync("a"))
        {
            Assert.Equal("a", Assert.Single(node.Current!.Members).Id.Value);
            id = node.Current.Id;
            foreach (EdgeId edge in edges)
                await node.State.RegisterAsync(edge, new Incarnation(TestNode.NewId()), Ct);
        }

        // All of it at once, not as of some moment before.
        await using TestNode again = await _cluster.StartAloneAsync("a");
        Assert.Equal(id, again.Current!.Id);
        Assert.Equal(edges, again.Current.Edges.Keys);
    }

    [Theory]
    [InlineData(0, 1, 2, 0)]
    [InlineData(2, 1, 0, 300)]
    [InlineData(1, 2, 0, 4_000)]
    [InlineData(0, 2, 1, 6_000)]
    public async Task Three_seeds_found_one_cluster_in_any_order(
        int first, int second, int third, int pauseMilliseconds)
    {
        TimeSpan pause = TimeSpan.FromMilliseconds(pauseMilliseconds);
        TestNode[] nodes = new TestNode[3];
        foreach (int i in (int[])[first, second, third])
        {
            if (i != first) await Task.Delay(pause, TimeProvider.System, Ct);
            nodes[i] = await _cluster.StartAsync(i);
        }

        await TestCluster.EventuallyAsync(
            "three members", () => nodes.All(n => n.Current?.Members.Length == 3), nodes);
        Assert.Single(nodes.Select(n => n.Current!.Id).Distinct());
        for (int i = 0; i < 3; i++)
        {
            EdgeId edge = new($"E{i}");
            await nodes[i].State.RegisterAsync(edge, new Incarnation(TestNode.NewId()), Ct);
            await TestCluster.EventuallyAsync(
                "edge known", () => nodes.All(n => n.Current!.Edges.ContainsKey(edge)), nodes);
        }

        await Task.WhenAll(nodes.Select(n => n.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task One_of_three_seeds_waits_and_says_for_what()
    {
        await using TestNode lonely = await _cluster.StartAsync(0);
        await TestCluster.EventuallyAsync("a reason", () => lonely.State.WaitingFor is not null, lonely);
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, Ct);
        Assert.Null(lonely.Current);
        Assert.Contains("1 of 3 seeds", lonely.State.WaitingFor, StringComparison.Ordinal);
        TsDbException error = await Assert.ThrowsAsync<TsDbException>(
            () => lonely.State.RegisterAsync(new EdgeId("E1"), new Incarnation(TestNode.NewId()), Ct));
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
    }

    [Fact]
    public async Task A_node_that_is_no_seed_joins_and_seeds_of_a_finished_cluster_admit_it_for_good()
    {
        TestNode[] nodes = await _cluster.StartAllAsync();
        await using TestNode fourth = await _cluster.StartNewAsync("n3");
        TestNode[] all = [.. nodes, fourth];
        await TestCluster.EventuallyAsync(
            "four members", () => all.All(n => n.Current?.Members.Length == 4), all);
        Assert.Equal(nodes[0].Current!.Id, fourth.Current!.Id);
        await fourth.State.RegisterAsync(new EdgeId("E9"), new Incarnation(TestNode.NewId()), Ct);
        await Task.WhenAll(nodes.Select(n => n.DisposeAsync().AsTask()));
    }
}
