using System.Net.Sockets;
using TsDb.Model;

namespace TsDb.Integration.Cluster;

/// <summary>Members come back, move, are replaced, or are refused.</summary>
public sealed class MembershipTests : IDisposable
{
    private readonly TestCluster _cluster = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public async Task The_leader_goes_and_comes_back_and_knows_what_happened_meanwhile()
    {
        TestNode[] nodes = await _cluster.StartAllAsync();
        int leader = Array.FindIndex(nodes, n => n.State.Self == nodes[0].State.Leader);
        await nodes[leader].DisposeAsync();
        TestNode[] others = [.. nodes.Where((_, i) => i != leader)];
        await TestCluster.EventuallyAsync(
            "new leader", () =>
                others.All(n => n.State.Leader is { } l && l != nodes[leader].State.Self), others);
        EdgeId edge = new("E1");
        await others[0].State.RegisterAsync(edge, new Incarnation(TestNode.NewId()), Ct);
        nodes[leader] = await _cluster.StartAsync(leader);
        await TestCluster.EventuallyAsync(
            "edge known", () => nodes.All(n => n.Current?.Edges.ContainsKey(edge) == true), nodes);
        Assert.Equal(new Epoch(1), nodes[leader].Current!.Epoch);
        await Task.WhenAll(nodes.Select(n => n.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task Without_a_majority_nothing_changes_and_afterwards_it_does()
    {
        TestNode[] nodes = await _cluster.StartAllAsync();
        await nodes[1].DisposeAsync();
        await nodes[2].DisposeAsync();
        Incarnation incarnation = new(TestNode.NewId());
        TsDbException error = await Assert.ThrowsAsync<TsDbException>(
            () => nodes[0].State.RegisterAsync(new EdgeId("E1"), incarnation, Ct));
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Equal(3, nodes[0].Current!.Members.Length);
        nodes[2] = await _cluster.StartAsync(2);
        await TestCluster.EventuallyAsync("leader", () =>
            nodes[0].State.Leader is not null, nodes[0], nodes[2]);
        await nodes[2].State.RegisterAsync(new EdgeId("E1"), incarnation, Ct);
        await nodes[0].DisposeAsync();
        await nodes[2].DisposeAsync();
    }

    [Fact]
    public async Task A_wiped_node_replaces_its_former_self_and_a_second_one_of_the_same_name_is_refused()
    {
        TestNode[] nodes = await _cluster.StartAllAsync();
        Guid before = DirectoryOf(nodes[0], "n2");
        await using (TestNode twin = await _cluster.StartNewAsync("n2", "twin"))
        {
            await TestCluster.EventuallyAsync(
                "refusal",
                () => twin.State.WaitingFor?.Contains("n2 is alive", StringComparison.Ordinal) == true,
                twin);
            Assert.Equal(before, DirectoryOf(nodes[0], "n2"));
        }

        await nodes[2].DisposeAsync();
        _cluster.Wipe("n2");
        nodes[2] = await _cluster.StartAsync(2);
        await TestCluster.EventuallyAsync(
            "replacement",
            () => nodes.All(n => n.Current is { } c && c.Removed.Contains(before) && c.Members.Length == 3),
            nodes);
        await nodes[2].State.RegisterAsync(new EdgeId("E1"), new Incarnation(TestNode.NewId()), Ct);

        // The new one votes: with the first gone, the two that are left still decide.
        await nodes[0].DisposeAsync();
        await TestCluster.EventuallyAsync(
            "leader of two", () =>
                nodes[1].State.Leader is { } l && l != nodes[0].State.Self, nodes[1], nodes[2]);
        await nodes[1].State.RegisterAsync(new EdgeId("E2"), new Incarnation(TestNode.NewId()), Ct);
        await nodes[1].DisposeAsync();
        await nodes[2].DisposeAsync();
    }

    [Fact]
    public async Task A_member_that_comes_back_at_another_address_is_found_there()
    {
        TestNode[] nodes = await _cluster.StartAllAsync();
        await nodes[1].DisposeAsync();
        nodes[1] = await _cluster.StartNewAsync("n1");
        string address = nodes[1].State.Endpoint!;
        await TestCluster.EventuallyAsync(
            "new address",
            () => nodes.All(n => n.Current?.Members.Any(m => m.ClusterAddress == address) == true),
            nodes);
        await nodes[1].State.RegisterAsync(new EdgeId("E1"), new Incarnation(TestNode.NewId()), Ct);
        await Task.WhenAll(nodes.Select(n => n.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task The_port_refuses_other_clusters_other_versions_and_noise()
    {
        await using TestNode node = await _cluster.StartAloneAsync("a");
        byte[] preface = [.. "TSDBCLUS"u8, 4, 2, .. new byte[16], .. new byte[16], 0];
        preface[10] = 0xAA;
        byte[] answer = await AskAsync(node, preface);
        Assert.Equal(1, answer[9]);
        Assert.Equal(node.Current!.Id.Value.ToByteArray(bigEndian: true), answer[10..26]);

        preface[8] = 9;
        answer = await AskAsync(node, preface);
        Assert.Equal((4, 2), (answer[8], answer[9]));

        Assert.Empty(await AskAsync(node, "GET / HTTP/1.1\r\n\r\n"u8.ToArray()));
        Assert.NotNull(node.Current);
    }

    private static Guid DirectoryOf(TestNode node, string id) =>
        node.Current!.Members.Single(m => m.Id == new NodeId(id)).DirectoryId;

    private static async Task<byte[]> AskAsync(TestNode node, byte[] bytes)
    {
        string[] parts = node.State.Endpoint!.Split(':');
        using TcpClient client =
            new(parts[0], int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture));
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(bytes, Ct);
        using MemoryStream answer = new();
        try
        {
            await stream.CopyToAsync(answer, Ct);
        }
        catch (IOException e) when (
            e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            // Closed with our bytes unread: as good as the end.
            return answer.ToArray();
        }

        return answer.ToArray();
    }
}
