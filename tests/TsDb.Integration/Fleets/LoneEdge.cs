using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using TsDb.Cli.Demo;
using TsDb.Cli.Nodes;

namespace TsDb.Integration.Fleets;

/// <summary>One edge without an uplink as a real process.</summary>
internal sealed class LoneEdge : IAsyncDisposable
{
    private readonly string _folder;

    private LoneEdge(string folder, NodeProcess process, IReadOnlyDictionary<string, string> addresses)
    {
        (_folder, Process, Mqtt) = (folder, process, $"mqtt://{addresses["mqtt"]}");
        Url = $"http://{addresses["http"]}";
        Client = new NodeClient(Url);
    }

    public NodeProcess Process { get; }

    public NodeClient Client { get; }

    /// <summary>The address of its endpoints.</summary>
    public string Url { get; }

    /// <summary>The address of its broker.</summary>
    public string Mqtt { get; }

    /// <summary>Starts an edge whose data and logs lie in a folder; throws if it is not ready.</summary>
    public static async Task<LoneEdge> StartAsync(string folder, params string[] flags)
    {
        string[] command =
        [
            .. Programs.Find("tsdb-edge"), "--id", "lone", "--data", Path.Combine(folder, "data"),
            "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", .. flags,
        ];
        NodeProcess process = NodeProcess.Start("lone", command, folder, TimeProvider.System);
        try
        {
            return new LoneEdge(
                folder, process, await process.ReadyAsync(TestContext.Current.CancellationToken));
        }
        catch
        {
            await process.KillAsync(CancellationToken.None);
            throw;
        }
    }

    /// <summary>What it has said so far.</summary>
    public string Log() => File.ReadAllText(Path.Combine(_folder, "lone.log"));

    public async Task<(int Status, string Body, RetryConditionHeaderValue? RetryAfter)> PostAsync(
        string path, string body)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = new StringContent(body) };
        CancellationToken ct = TestContext.Current.CancellationToken;
        using HttpResponseMessage response = await Client.SendAsync(request, ct);
        string text = await response.Content.ReadAsStringAsync(ct);
        return ((int)response.StatusCode, text, response.Headers.RetryAfter);
    }

    public async Task<string> GetAsync(string path)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        CancellationToken ct = TestContext.Current.CancellationToken;
        using HttpResponseMessage response = await Client.SendAsync(request, ct);
        return await response.Content.ReadAsStringAsync(ct);
    }

    public Task<JsonNode> StatusAsync() =>
        Client.GetJsonAsync("/api/v1/status", TestContext.Current.CancellationToken);

    /// <summary>The one number of an answer with one row and one column.</summary>
    public async Task<long> NumberAsync(string sql, string database = "default")
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        using HttpResponseMessage response =
            await Client.QueryAsync(new QueryCall(database, sql, "json"), ct);
        using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(ct));
        return answer.RootElement[0].EnumerateObject().Single().Value.GetInt64();
    }

    /// <summary>Asks until it holds; fails with the log once the time is over.</summary>
    public async Task UntilAsync(string what, TimeSpan within, Func<Task<bool>> holds)
    {
        long started = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            if (TimeProvider.System.GetElapsedTime(started) > within)
            {
                Assert.Fail(string.Create(
                    CultureInfo.InvariantCulture, $"not within {within.TotalSeconds} s: {what}\n{Log()}"));
            }

            await Task.Delay(
                TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Process.StopAsync(CancellationToken.None);
    }
}
