using System.Diagnostics;
using TsDb.Model;

namespace TsDb.Integration.Cluster;

public sealed class FoundingTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tsdb-cluster-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Without_seeds_a_node_is_a_cluster_at_once_and_still_is_after_a_restart()
    {
        ClusterId id;
        await using (TestNode node = await TestNode.StartAsync("a", Path.Combine(_root, "a"), "127.0.0.1:0"))
        {
            Assert.Equal("a", Assert.Single(node.Current!.Members).Id.Value);
            id = node.Current.Id;
            await node.State.RegisterAsync(new EdgeId("E1"), new Incarnation(TestNode.NewId()), Ct);
        }

        await using TestNode again = await TestNode.StartAsync("a", Path.Combine(_root, "a"), "127.0.0.1:0");
        Assert.Equal(id, again.Current!.Id);
        Assert.True(again.Current.Edges.ContainsKey(new EdgeId("E1")));
    }

    [Fact]
    public async Task Three_nodes_found_one_cluster_and_every_node_can_change_it()
    {
        string[] seeds = TestNode.FreeAddresses(3);
        TestNode[] nodes = await Task.WhenAll(
            Enumerable.Range(0, 3).Select(i => StartAsync(i, seeds)));
        await Eventually(() => nodes.All(n => n.Current?.Members.Length == 3), "three members", nodes);
        Assert.Single(nodes.Select(n => n.Current!.Id).Distinct());
        for (int i = 0; i < 3; i++)
        {
            EdgeId edge = new($"E{i}");
            await nodes[i].State.RegisterAsync(edge, new Incarnation(TestNode.NewId()), Ct);
            await Eventually(() => nodes.All(n => n.Current!.Edges.ContainsKey(edge)), "edge known", nodes);
        }

        foreach (TestNode node in nodes) await node.DisposeAsync();
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private Task<TestNode> StartAsync(int i, string[] seeds) => TestNode.StartAsync(
        $"n{i}", Path.Combine(_root, $"n{i}"), seeds[i], seeds);

    private static async Task Eventually(Func<bool> condition, string what, params TestNode[] nodes)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(30))
                Assert.Fail($"{what}: {string.Join(" | ", nodes.Select(n => $"{n.State.Self} {n.State.WaitingFor} leader {n.State.Leader} members {n.Current?.Members.Length}"))}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Ct);
        }
    }
}
