using System.Globalization;

namespace TsDb.Load.Queries;

/// <summary>A server behind HTTP, asked over one connection that stays open.</summary>
internal sealed class HttpTarget(string name, Func<Question, HttpRequestMessage> request)
    : IQueryTarget, IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });
    private readonly byte[] _piece = new byte[256 * 1024];

    public string Name => name;

    /// <summary>Bytes of the last answer's body.</summary>
    public long LastBytes { get; private set; }

    /// <summary>The last answer's coverage; empty if it had none.</summary>
    public string LastCoverage { get; private set; } = "";

    /// <summary>A node of this database, with the statement as the body.</summary>
    public static HttpTarget Node(string name, string url, string format) => new(name, question => new(
        HttpMethod.Post, $"{url}/api/v3/query_sql?db=default&format={format}")
        {
            Content = new StringContent(question.Sql),
        });

    /// <summary>InfluxDB 1.</summary>
    public static HttpTarget Influx(string name, Uri url) => new(name, question => new(
        HttpMethod.Get, new Uri(
            url, $"/query?db=bench&epoch=ns&q={Uri.EscapeDataString(question.InfluxQl)}")));

    /// <summary>VictoriaMetrics, without its cache of results.</summary>
    public static HttpTarget Victoria(string name, Uri url) => new(name, question =>
    {
        MetricsQuestion asked = question.Metrics;
        Dictionary<string, string> form = new(StringComparer.Ordinal)
        {
            ["query"] = asked.Text, ["nocache"] = "1",
        };
        if (asked.Step == 0) form["time"] = Number(asked.End);
        else (form["start"], form["end"], form["step"]) =
            (Number(asked.Start), Number(asked.End), Number(asked.Step));
        return new HttpRequestMessage(
            HttpMethod.Post, new Uri(url, asked.Step == 0 ? "/api/v1/query" : "/api/v1/query_range"))
        {
            Content = new FormUrlEncodedContent(form),
        };
    });

    public async Task AskAsync(Question question)
    {
        using HttpRequestMessage message = request(question);
        using HttpResponseMessage answer =
            await _client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException(
                $"{name}: {question.Type}: {await answer.Content.ReadAsStringAsync()}");
        }

        await using Stream body = await answer.Content.ReadAsStreamAsync();
        LastBytes = 0;
        for (int read; (read = await body.ReadAsync(_piece)) > 0;) LastBytes += read;
        LastCoverage = answer.Headers.TryGetValues("X-TsDb-Coverage", out IEnumerable<string>? coverage)
            ? string.Concat(coverage) : "";
    }

    /// <summary>How many rows a node's answer has, asked once more as one row a line.</summary>
    public static async Task<long> CountRowsAsync(string url, Question question)
    {
        using HttpClient client = new();
        using StringContent statement = new(question.Sql);
        using HttpResponseMessage answer = await client.PostAsync(
            new Uri($"{url}/api/v3/query_sql?db=default&format=jsonl"), statement);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadAsByteArrayAsync()).AsSpan().Count((byte)'\n');
    }

    public void Dispose() => _client.Dispose();

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
