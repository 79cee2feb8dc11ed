using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Cli.Demo;
using TsDb.Cli.Nodes;
using TsDb.Integration.Fleets;
using TsDb.Model;

namespace TsDb.Integration.Cluster;

/// <summary>
/// One fleet of real processes through an operator's day: databases, erasures, merged files, a damaged file,
/// a death, a spare, an emptied disk, a leave. Nothing acknowledged is missing from any answer.
/// </summary>
public sealed class ClusterOperationsTests
{
    private const long Start = 1_700_000_000_000_000_000;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_cluster_is_changed_under_way_and_answers_whole()
    {
        await using TestFleet fleet = await TestFleet.StartAsync(
            clouds: 3, edges: 1, cloudFlags: ["--scrub-rate", "64MiB", "--move-grace", "1s"],
            edgeFlags: ["--seal-age", "200ms", "--ship-delay", "50ms"]);
        NodePlan[] clouds = fleet.Clouds;
        NodePlan edge = fleet.Edges[0];
        await CreateAndRetainAsync(fleet);
        ErasureSteps erasure = new(fleet);
        await erasure.EraseAsync();

        CompactionSteps compaction = new(fleet);
        await compaction.WriteAsync();
        PurgeSteps purge = new(fleet);
        await purge.PurgeAsync();

        // One that dies is given up by the rule, without a word of the operator's, as soon as a spare has its
        // share: the shards that both have wait for nobody.
        await DamageAsync(fleet, clouds[1]);
        await RefusesAsync(fleet, clouds[1], "cluster/set?replace_after=banana", "replace_after 'banana'");
        await RefusesAsync(fleet, clouds[1], "cluster/leave", "lacks node=");
        await AskAsync(fleet, clouds[1], HttpMethod.Post, "/api/v1/cluster/set?replace_after=5s");
        await fleet.Fleet.KillAsync(clouds[2], Ct);
        NodePlan fourth = await AddAsync(fleet, "cloud-4");
        NodePlan[] three = [clouds[0], clouds[1], fourth];
        await WriteAsync(fleet, edge, first: 0);
        await SettledAsync(fleet, clouds[0], members: 3, without: clouds[2]);
        await CountsAsync(fleet, 200, three);
        await compaction.CheckAsync(three);
        await purge.WriteLateAsync();
        await purge.CheckAsync(three);
        await AskAsync(fleet, clouds[0], HttpMethod.Post, "/api/v1/cluster/set?replace_after=off");

        // The removed one comes back with an empty disk, as somebody new; the fourth may go home.
        Directory.Delete(Path.Combine(fleet.Folder, clouds[2].Name), recursive: true);
        await fleet.Fleet.RestartAsync(clouds[2], Ct);
        await WriteAsync(fleet, edge, first: 200);
        await SettledAsync(fleet, clouds[0], members: 4);
        await CountsAsync(fleet, 400, [.. clouds, fourth]);
        await AskAsync(fleet, fourth, HttpMethod.Post, $"/api/v1/cluster/leave?node={fourth.Name}");
        await WriteAsync(fleet, edge, first: 400);
        await SettledAsync(fleet, clouds[0], members: 3);
        await fleet.Fleet.Processes[fourth.Name].ExitAsync(Ct);
        await CountsAsync(fleet, 600, clouds);
        await erasure.LiftAsync(clouds);
        await purge.CheckAsync(clouds);
    }

    private static async Task CreateAndRetainAsync(TestFleet fleet)
    {
        NodePlan edge = fleet.Edges[0], cloud = fleet.Clouds[0];
        await AskAsync(fleet, edge, HttpMethod.Post, "/query?q=CREATE+DATABASE+plant");
        await fleet.Fleet.UntilAsync("the cluster knows the database", Soon, async () =>
            Databases(await AskAsync(fleet, cloud, HttpMethod.Get, "/api/v1/databases"))
                .Contains("plant"), Ct);

        TsDbException typo = await Assert.ThrowsAsync<TsDbException>(() => AskAsync(
            fleet, cloud, HttpMethod.Put, "/api/v1/databases?name=TYPO&retention=1d"));
        Assert.Equal(ErrorKind.NotFound, typo.Kind);

        // A point of long ago and one of now: the old one goes everywhere, and does not come back.
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000;
        await PostAsync(fleet, edge, "plant", $"t v=1i {now}\nt v=2i 1000000000\n");
        await fleet.DrainAsync(edge);
        await AskAsync(
            fleet, fleet.Clouds[1], HttpMethod.Put, "/api/v1/databases?name=plant&retention=30d");
        foreach (NodePlan node in (NodePlan[])[edge, .. fleet.Clouds])
        {
            await fleet.Fleet.UntilAsync($"retention at {node.Name}", Soon, async () =>
                await NumberAsync(fleet, node, "plant", "SELECT count(*) AS n FROM t") == 1, Ct);
        }

        await PostAsync(fleet, edge, "plant", "t v=3i 2000000000\n");
        await fleet.DrainAsync(edge);
        Assert.Equal(1, await NumberAsync(fleet, cloud, "plant", "SELECT count(*) AS n FROM t"));
    }

    private static async Task<NodePlan> AddAsync(TestFleet fleet, string name)
    {
        NodePlan added = new(name, IsCloud: true)
        {
            Http = FreePorts.NextAddress(),
            Flight = FreePorts.NextAddress(),
            Cluster = FreePorts.NextAddress(),
            Mqtt = FreePorts.NextAddress(),
        };
        await fleet.Fleet.RestartAsync(added, Ct);
        return added;
    }

    // Days of many edges would be many cells; here one edge's days are.
    private static async Task WriteAsync(TestFleet fleet, NodePlan edge, int first)
    {
        string lines = string.Concat(Enumerable.Range(first, 200).Select(n => string.Create(
            CultureInfo.InvariantCulture, $"m v={n}i {Start + (n * 3_600_000_000_000)}\n")));
        await PostAsync(fleet, edge, "default", lines);
        await fleet.DrainAsync(edge);
    }

    private static async Task DamageAsync(TestFleet fleet, NodePlan node)
    {
        string file = await DamageOneAsync(fleet, node);

        // Two others have it whole: nobody who asks notices, or this would throw.
        string[] table = Path.GetRelativePath(Path.Combine(fleet.Folder, node.Name, "segments"), file)
            .Split(Path.DirectorySeparatorChar);
        foreach (NodePlan asked in fleet.Clouds)
        {
            (await fleet.Fleet.Client(asked).QueryAsync(
                new QueryCall(table[0], $"SELECT * FROM {table[1]}", "json"), Ct)).Dispose();
        }

        await fleet.Fleet.UntilAsync("the damage is found and repaired", Soon, async () =>
        {
            // It may be of a shard that has just moved away, or of files that were just merged, and go before
            // it is read again. Its leaves come back in their own files or in a merged one.
            if (!File.Exists(file) && !File.Exists(file + ".damaged"))
                file = await DamageOneAsync(fleet, node);
            JsonNode status = await fleet.Fleet.StatusAsync(node, Ct);
            return File.Exists(file + ".damaged") && status["repair"]!["lost"]!.GetValue<long>() == 0
                && status["repair"]!["missing"]!.GetValue<long>() == 0;
        }, Ct);
    }

    private static async Task<string> DamageOneAsync(TestFleet fleet, NodePlan node)
    {
        string file = Directory.EnumerateFiles(
            Path.Combine(fleet.Folder, node.Name, "segments"), "*.parquet", SearchOption.AllDirectories)
            .First();
        byte[] bytes = await File.ReadAllBytesAsync(file, Ct);
        foreach (ref byte one in bytes.AsSpan(bytes.Length / 2, 16)) one ^= 0xFF;
        await File.WriteAllBytesAsync(file, bytes, Ct);
        return file;
    }

    private static Task SettledAsync(
        TestFleet fleet, NodePlan node, int members, NodePlan? without = null) => fleet.Fleet.UntilAsync(
        $"{members} members, every shard at its owners", Soon, async () =>
        {
            // In this order: the shards of before a newcomer was admitted do not move yet.
            JsonArray now = await MembersAsync(fleet, node);
            if (now.Count != members || now.Any(m => m!["id"]!.ToString() == without?.Name)) return false;
            JsonNode shards = await AskAsync(fleet, node, HttpMethod.Get, "/api/v1/shards");
            return shards["under_replicated"]!.GetValue<int>() == 0 && shards["moving"]!.GetValue<int>() == 0;
        }, Ct);

    private static async Task CountsAsync(TestFleet fleet, long expected, NodePlan[] nodes)
    {
        foreach (NodePlan node in nodes)
            Assert.Equal(expected, await fleet.NumberAsync(node, "SELECT count(*) AS n FROM m", "quorum"));
    }

    private static async Task<JsonArray> MembersAsync(TestFleet fleet, NodePlan node) =>
        (await fleet.Fleet.StatusAsync(node, Ct))["members"]!.AsArray();

    private static async Task<long> NumberAsync(TestFleet fleet, NodePlan node, string database, string sql)
    {
        using HttpResponseMessage response = await fleet.Fleet.Client(node).QueryAsync(
            new QueryCall(database, sql, "json") { AllowPartial = true }, Ct);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(Ct))![0]!["n"]!.GetValue<long>();
    }

    private static async Task PostAsync(TestFleet fleet, NodePlan edge, string database, string lines)
    {
        using HttpRequestMessage post =
            new(HttpMethod.Post, $"/write?db={database}") { Content = new StringContent(lines) };
        using HttpResponseMessage response = await fleet.Fleet.Client(edge).SendAsync(post, Ct);
        Assert.Equal(204, (int)response.StatusCode);
    }

    private static Task<JsonNode> AskAsync(TestFleet fleet, NodePlan node, HttpMethod method, string path) =>
        fleet.Fleet.Client(node).AskJsonAsync(method, path, Ct);

    private static async Task RefusesAsync(TestFleet fleet, NodePlan node, string path, string words)
    {
        TsDbException said = await Assert.ThrowsAsync<TsDbException>(
            () => AskAsync(fleet, node, HttpMethod.Post, "/api/v1/" + path));
        Assert.Contains(words, said.Message, StringComparison.Ordinal);
        Assert.EndsWith("(HTTP 400)", said.Message, StringComparison.Ordinal);
    }

    private static string[] Databases(JsonNode answer) =>
        [.. answer["databases"]!.AsArray().Select(d => d!["name"]!.ToString())];
}
