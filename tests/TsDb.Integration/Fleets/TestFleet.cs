using System.Text.Json;
using TsDb.Cli.Demo;
using TsDb.Cli.Nodes;
using TsDb.Cli.Writing;

namespace TsDb.Integration.Fleets;

/// <summary>A fleet of real processes for one test, in a temporary folder that goes with it (unless the test
/// failed).</summary>
internal sealed class TestFleet : IAsyncDisposable
{
    private static readonly TimeSpan DrainWithin = TimeSpan.FromSeconds(90);

    private readonly DirectoryInfo _folder;

    private TestFleet(DirectoryInfo folder, Fleet fleet) => (_folder, Fleet) = (folder, fleet);

    public Fleet Fleet { get; }

    public NodePlan[] Clouds => [.. Fleet.Plan.Clouds];

    public NodePlan[] Edges => [.. Fleet.Plan.Edges];

    public string Folder => _folder.FullName;

    public static async Task<TestFleet> StartAsync(int clouds, int edges, string[]? cloudFlags =
        null, string[]? edgeFlags = null)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-test-");
        FleetPlan plan = FleetPlan.OnFreePorts(folder.FullName, clouds, edges);
        plan = plan with { CloudFlags = cloudFlags ?? [], EdgeFlags = edgeFlags ?? plan.EdgeFlags };
        return await StartAsync(folder, plan);
    }

    /// <summary>A fleet by a plan of its own, in a folder that goes with it.</summary>
    public static async Task<TestFleet> StartAsync(DirectoryInfo folder, FleetPlan plan)
    {
        Fleet fleet = new(plan, TimeProvider.System);
        try
        {
            await fleet.StartAsync(TestContext.Current.CancellationToken);
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }

        return new TestFleet(folder, fleet);
    }

    /// <summary>Writes lines to an edge, each request acknowledged before the next.</summary>
    public static Task WriteAsync(NodePlan edge, Stream lines, string database = "default") =>
        WriteAsync(edge.Url, lines, database);

    /// <summary>Writes lines to the edge at an address.</summary>
    public static async Task WriteAsync(string url, Stream lines, string database)
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        await using HttpLineSink sink = new(url, database, "ns", TimeProvider.System);
        LineBatches batches = new(lines, linesMax: 5_000, bytesMax: 4 << 20);
        while (await batches.NextAsync(ct) is { LineCount: > 0 } batch)
            Assert.Empty(await sink.SendAsync(batch, ct));
    }

    /// <summary>Flushes every edge and waits until the cloud has said durable for all they hold.</summary>
    public async Task DrainAsync(params NodePlan[] edges)
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        foreach (NodePlan edge in edges.Length == 0 ? Edges : edges)
        {
            using HttpRequestMessage request = new(HttpMethod.Post, "/api/v1/flush");
            using HttpResponseMessage response = await Fleet.Client(edge).SendAsync(request, ct);
            await NodeClient.RequireSuccessAsync(response, ct);
            await Fleet.UntilAsync(
                $"{edge.Name} has shipped everything",
                DrainWithin,
                async () =>
                    (await Fleet.StatusAsync(edge, ct))["ship"]?["segments_pending"]?.GetValue<long>() == 0,
                ct);
        }
    }

    /// <summary>The rows of an answer, as JSON objects.</summary>
    public async Task<JsonElement[]> AskAsync(
        NodePlan node, string sql, string? consistency = null, string database = "default")
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        QueryCall call = new(database, sql, "json") { Consistency = consistency };
        using HttpResponseMessage response = await Fleet.Client(node).QueryAsync(call, ct);
        using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(ct));
        return [.. answer.RootElement.EnumerateArray().Select(row => row.Clone())];
    }

    /// <summary>The one number of an answer with one row and one column.</summary>
    public async Task<long> NumberAsync(NodePlan node, string sql, string? consistency = null) =>
        (await AskAsync(node, sql, consistency)).Single().EnumerateObject().Single().Value.GetInt64();

    public async ValueTask DisposeAsync()
    {
        await Fleet.DisposeAsync();
        TestFoldersAttribute.Leave(_folder);
    }
}
