using System.Net;
using System.Text;
using TsDb.Cli.Demo;
using TsDb.Integration.Fleets;

namespace TsDb.Integration;

/// <summary>Bad input gets a clear error with the right status; the process lives and nothing else is
/// lost.</summary>
public sealed class BadInputTests
{
    [Fact]
    public async Task Wrong_writes_and_wrong_questions_are_refused_with_their_reason_at_edge_and_cloud()
    {
        await using TestFleet fleet = await TestFleet.StartAsync(clouds: 1, edges: 1);
        NodePlan edge = fleet.Edges[0], cloud = fleet.Clouds[0];
        await ExpectAsync(fleet, edge, "/write?db=default", "good v=1 1\n", HttpStatusCode.NoContent, "");
        await ExpectAsync(
            fleet, edge, "/write?db=default", "good v=2 2\nbad\ngood v=3 3\n", HttpStatusCode.BadRequest,
                "partial write");
        await ExpectAsync(
            fleet, edge, "/write?db=default", "good v=\"text\" 4\n", HttpStatusCode.BadRequest,
                "field type conflict");
        await ExpectAsync(fleet, edge, "/write", "good v=1 1\n", HttpStatusCode.BadRequest,
            "database is required");
        byte[] noise = new byte[4_096];
        new Random(1).NextBytes(noise);
        await ExpectAsync(fleet, edge, "/api/v2/write?bucket=default", noise, HttpStatusCode.BadRequest,
            "invalid");
        await fleet.DrainAsync();
        foreach (NodePlan node in new[] { edge, cloud })
        {
            Assert.Equal(3, await fleet.NumberAsync(node, "SELECT count(*) AS n FROM good"));
            await RefusedAsync(fleet, node, "SELEC 1", HttpStatusCode.BadRequest);
            await RefusedAsync(fleet, node, "SELECT * FROM nowhere", HttpStatusCode.NotFound);
            await RefusedAsync(fleet, node, "SELECT 1", HttpStatusCode.NotFound, database: "nowhere");
            await RefusedAsync(fleet, node, "DROP TABLE good", HttpStatusCode.BadRequest);
            await RefusedAsync(fleet, node, "COPY good TO '/tmp/out.csv'", HttpStatusCode.BadRequest);
            await RefusedAsync(fleet, node, "SELECT * FROM read_csv('/etc/passwd')",
                HttpStatusCode.BadRequest);
            await RefusedAsync(fleet, node, "SELECT * FROM '/etc/passwd'", HttpStatusCode.BadRequest,
                HttpStatusCode.NotFound);
            Assert.Equal(3, await fleet.NumberAsync(node, "SELECT count(*) AS n FROM good"));
        }

        await ExpectAsync(
            fleet, cloud, "/api/v2/write?bucket=default", "good v=1 1\n", HttpStatusCode.BadRequest,
                "write to an edge");
    }

    private static Task ExpectAsync(
        TestFleet fleet, NodePlan node, string path, string body, HttpStatusCode status, string words) =>
        ExpectAsync(fleet, node, path, Encoding.UTF8.GetBytes(body), status, words);

    private static async Task ExpectAsync(
        TestFleet fleet, NodePlan node, string path, byte[] body, HttpStatusCode status, string words)
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        using HttpRequestMessage request =
            new(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        using HttpResponseMessage response = await fleet.Fleet.Client(node).SendAsync(request, ct);
        string text = await response.Content.ReadAsStringAsync(ct);
        Assert.Equal(status, response.StatusCode);
        Assert.Contains(words, text, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task RefusedAsync(
        TestFleet fleet, NodePlan node, string sql, HttpStatusCode status, HttpStatusCode? orStatus = null,
        string database = "default")
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        string query = $"/api/v3/query_sql?db={database}&q={Uri.EscapeDataString(sql)}";
        using HttpRequestMessage request = new(HttpMethod.Get, query);
        using HttpResponseMessage response = await fleet.Fleet.Client(node).SendAsync(request, ct);
        string text = await response.Content.ReadAsStringAsync(ct);
        Assert.True(response.StatusCode == status
            || response.StatusCode == orStatus, $"{sql}: {response.StatusCode} {text}");
        Assert.Contains("\"error\"", text, StringComparison.Ordinal);
    }
}
