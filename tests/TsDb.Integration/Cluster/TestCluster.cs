using System.Diagnostics;
using TsDb.Cli.Demo;

namespace TsDb.Integration.Cluster;

/// <summary>
/// Nodes n0 to n2 on three seed addresses, and others that know them, all under one folder.
/// </summary>
internal sealed class TestCluster : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _root = Directory.CreateTempSubdirectory("tsdb-cluster-").FullName;

    public string[] Seeds { get; } =
        [.. Enumerable.Range(0, 3).Select(_ => FreePorts.NextAddress())];

    public void Dispose() => Directory.Delete(_root, recursive: true);

    /// <summary>A seed; started again it finds its directory.</summary>
    public Task<TestNode> StartAsync(int i) =>
        TestNode.StartAsync($"n{i}", Path.Combine(_root, $"n{i}"), Seeds[i], Seeds);

    /// <summary>All three, once they are a cluster with a leader.</summary>
    public async Task<TestNode[]> StartAllAsync()
    {
        TestNode[] nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(StartAsync));
        await EventuallyAsync(
            "a cluster of three",
            () => nodes.All(n => n.Current?.Members.Length == 3 && n.State.Leader is not null),
            nodes);
        return nodes;
    }

    /// <summary>A node on any port that knows the seeds; another directory makes it another node.</summary>
    public Task<TestNode> StartNewAsync(string id, string? directory = null) =>
        TestNode.StartAsync(id, Path.Combine(_root, directory ?? id), "127.0.0.1:0", Seeds);

    /// <summary>A node without seeds.</summary>
    public Task<TestNode> StartAloneAsync(string id) =>
        TestNode.StartAsync(id, Path.Combine(_root, id), "127.0.0.1:0");

    /// <summary>Makes a node forget everything.</summary>
    public void Wipe(string id) => Directory.Delete(Path.Combine(_root, id), recursive: true);

    public static async Task EventuallyAsync(string what, Func<bool> condition, params TestNode[] nodes)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.Elapsed > Patience)
            {
                IEnumerable<string> states = nodes.Select(n =>
                    $"{n.State.Self}: waits for {n.State.WaitingFor}, leader {n.State.Leader}, epoch "
                    + $"{n.Current?.Epoch.Value}, members {n.Current?.Members.Length}");
                Assert.Fail($"no {what}: {string.Join(" | ", states)}");
            }

            await Task.Delay(
                TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
