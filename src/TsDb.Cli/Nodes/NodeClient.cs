using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using TsDb.Model;

namespace TsDb.Cli.Nodes;

/// <summary>Talks to one running node over HTTP, and turns every failure into a sentence that says what to
/// do.</summary>
internal sealed class NodeClient : IDisposable
{
    private readonly HttpClient _http;

    public NodeClient(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
            throw new TsDbException(ErrorKind.Invalid,
                $"'{url}' is not a node's address: use http://host:port");
        Url = url.TrimEnd('/');
        SocketsHttpHandler handler = new() { PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30) };
        _http = new HttpClient(handler) { BaseAddress = uri, Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>The node's address, such as <c>http://127.0.0.1:8086</c>.</summary>
    public string Url { get; }

    /// <summary>How long an answer may take until the node is asked whether it lives; infinite never
    /// asks.</summary>
    public TimeSpan SilenceMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long it may take to answer that question.</summary>
    public TimeSpan PingWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Waits as long as the node lives, so that long work may take its time. One that is silent, and answers
    /// no ping either, is given up: throws <see cref="ErrorKind.Unavailable"/> with its address.
    /// </summary>
    public async Task<T> WhileAliveAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken ct)
    {
        using CancellationTokenSource giveUp = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task<T> working = work(giveUp.Token);
        while (true)
        {
            await Task.WhenAny(working, Task.Delay(SilenceMax, TimeProvider.System, giveUp.Token));
            if (working.IsCompleted) return await working;
            if (await AnswersPingAsync(ct) || working.IsCompleted) continue;
            await giveUp.CancelAsync();
            throw new TsDbException(
                ErrorKind.Unavailable,
                $"no answer from {Url}, and none to a ping within {PingWithin.TotalSeconds:0} s: the node is "
                + "frozen, or the way to it is cut");
        }
    }

    /// <summary>Sends a request; the body is left unread. Throws only if nothing answers.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        try
        {
            return await WhileAliveAsync(
                token => _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token), ct);
        }
        catch (HttpRequestException e)
        {
            string reason = e.HttpRequestError == HttpRequestError.ConnectionError
                ? "nothing listens there"
                : e.Message;
            throw new TsDbException(
                ErrorKind.Unavailable,
                $"no answer from {Url} ({reason}). Start a node ('tsdb-edge', or 'make run' for a fleet) "
                + "or name another one with --url.",
                e);
        }
    }

    /// <summary>The JSON document at a path.</summary>
    public Task<JsonNode> GetJsonAsync(string path, CancellationToken ct) =>
        AskJsonAsync(HttpMethod.Get, path, ct);

    /// <summary>The JSON document that a request without a body is answered with.</summary>
    public async Task<JsonNode> AskJsonAsync(HttpMethod method, string path, CancellationToken ct)
    {
        using HttpRequestMessage request = new(method, path);
        using HttpResponseMessage response = await SendAsync(request, ct);
        await RequireSuccessAsync(response, ct);
        try
        {
            await using Stream body = await response.Content.ReadAsStreamAsync(ct);
            return await WhileAliveAsync(
                async token => await JsonNode.ParseAsync(body, cancellationToken: token), ct)
                ?? throw new JsonException("the document is null");
        }
        catch (HttpIOException e)
        {
            throw new TsDbException(ErrorKind.Unavailable, $"{Url} ended its answer early: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new TsDbException(
                ErrorKind.Corrupt, $"{Url}{path} did not answer JSON: {JsonFault.Describe(e)}", e);
        }
    }

    /// <summary>Runs a query and hands over the response, whose body is the result in the format asked
    /// for.</summary>
    public async Task<HttpResponseMessage> QueryAsync(QueryCall call, CancellationToken ct)
    {
        Dictionary<string, string> form = new(StringComparer.Ordinal)
        {
            ["db"] = call.Database,
            ["q"] = call.Sql,
            ["format"] = call.Format,
        };
        if (call.Consistency is not null) form["consistency"] = call.Consistency;
        if (call.Fresh) form["fresh"] = "true";
        if (call.EdgeTimeout is not null) form["edge_timeout"] = call.EdgeTimeout;
        if (call.AllowPartial) form["allow_partial"] = "true";
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/v3/query_sql")
        {
            Content = new FormUrlEncodedContent(form),
        };
        HttpResponseMessage response = await SendAsync(request, ct);
        await RequireSuccessAsync(response, ct);
        return response;
    }

    /// <summary>Throws what the node said, unless the answer is a success.</summary>
    public static async Task RequireSuccessAsync(HttpResponseMessage response, CancellationToken ct)
    {
        if (response.IsSuccessStatusCode) return;
        string text = (await response.Content.ReadAsStringAsync(ct)).Trim();
        ErrorKind kind = response.StatusCode switch
        {
            HttpStatusCode.NotFound => ErrorKind.NotFound,
            HttpStatusCode.RequestTimeout => ErrorKind.Deadline,
            HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable => ErrorKind.Unavailable,
            HttpStatusCode.RequestEntityTooLarge => ErrorKind.TooLarge,
            _ => ErrorKind.Conflict,
        };
        string status = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
        throw new TsDbException(kind, $"{ErrorText(text)} (HTTP {status})");
    }

    public void Dispose() => _http.Dispose();

    private async Task<bool> AnswersPingAsync(CancellationToken ct)
    {
        using CancellationTokenSource patience = new(PingWithin, TimeProvider.System);
        using CancellationTokenSource either =
            CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            using HttpResponseMessage any =
                await _http.GetAsync("/ping", HttpCompletionOption.ResponseHeadersRead, either.Token);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }

    private static string ErrorText(string body)
    {
        if (!body.StartsWith('{')) return body.Length == 0 ? "the node refused without a word" : body;
        try
        {
            JsonNode? json = JsonNode.Parse(body);
            return (json?["error"] ?? json?["message"])?.ToString() ?? body;
        }
        catch (JsonException)
        {
            return body;
        }
    }
}
