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
    private readonly string _url;

    public NodeClient(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
            throw new TsDbException(ErrorKind.Invalid,
                $"'{url}' is not a node's address: use http://host:port");
        _url = url.TrimEnd('/');
        SocketsHttpHandler handler = new() { PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30) };
        _http = new HttpClient(handler) { BaseAddress = uri, Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Sends a request; the body is left unread. Throws only if nothing answers.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        }
        catch (HttpRequestException e)
        {
            string reason = e.HttpRequestError == HttpRequestError.ConnectionError
                ? "nothing listens there"
                : e.Message;
            throw new TsDbException(
                ErrorKind.Unavailable,
                $"no answer from {_url} ({reason}). Start a node ('tsdb-edge', or 'make run' for a fleet) "
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
            return await JsonNode.ParseAsync(await response.Content.ReadAsStreamAsync(ct),
                cancellationToken: ct)
                ?? throw new JsonException("the document is null");
        }
        catch (JsonException e)
        {
            throw new TsDbException(
                ErrorKind.Corrupt, $"{_url}{path} did not answer JSON: {JsonFault.Describe(e)}", e);
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
