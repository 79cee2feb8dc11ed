using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Adapters.Http;

public sealed class QueryEndpointTests : IAsyncLifetime
{
    private const long Start = 1_451_606_400_000_000_000; // 2016-01-01

    private QueryServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await QueryServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Rows_are_there_before_and_after_the_seal()
    {
        await _server.WriteAsync(Batch(("a", 0, 1.5), ("b", 1, 2.25)));
        const string Expected =
            """[{"time":"2016-01-01T00:00:00Z","edge":"E1","host":"a","f":1.5},"""
            + """{"time":"2016-01-01T00:00:00.000000001Z","edge":"E1","host":"b","f":2.25}]""";
        const string Sql = "SELECT * FROM weather ORDER BY time";
        Assert.Equal((200, Expected), await _server.GetAsync(Sql));
        await _server.Store.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal((200, Expected), await _server.GetAsync(Sql));
        await _server.WriteAsync(Batch(("b", 1, 9)));
        Assert.Equal(
            (200, """[{"n":2,"s":10.5}]"""),
                await _server.GetAsync("SELECT count(*) AS n, sum(f) AS s FROM weather"));
        Assert.Equal(
            (200, """[{"last":9,"y":1.5}]"""),
            await _server.GetAsync("SELECT last(f, time), first(f, time) AS y FROM db.weather"));
        Assert.Equal((200, """[{"x":9}]"""), await _server.GetAsync("SELECT max(F) AS x FROM WEATHER"));
    }

    [Fact]
    public async Task Every_way_to_ask_gives_the_same_answer()
    {
        await _server.WriteAsync(Batch(("a", 0, 1)));
        const string Sql = "SELECT count(*) AS n FROM weather";
        Assert.Equal((200, "n\n1\n"), await _server.GetAsync(Sql, more: "&format=csv"));
        using HttpResponseMessage json =
            await _server.PostAsync(new { db = "db", q = Sql, format = "jsonl", @params = new { } });
        Assert.Equal(
            "{\"n\":1}\n", await json.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        using FormUrlEncodedContent form = new(new Dictionary<string, string> { ["q"] = Sql, ["db"] = "db" });
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/v3/query_sql") { Content = form };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/csv"));
        using HttpResponseMessage answer =
            await _server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("n\n1\n", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("text/csv", answer.Content.Headers.ContentType!.MediaType);
        JsonNode coverage = JsonNode.Parse(answer.Headers.GetValues("X-TsDb-Coverage").Single())!;
        Assert.True(coverage["complete"]!.GetValue<bool>());
        Assert.Equal("E1", coverage["edges"]![0]!.GetValue<string>());
    }

    [Theory]
    [InlineData("SELECT * FROM nothing", "db", "", 404, "table not found")]
    [InlineData("SELECT * FROM weather", "nodb", "", 404, "database not found")]
    [InlineData("SELECT * FROM other.weather", "db", "", 404, "database not found")]
    [InlineData("SELEC", "db", "", 400, "syntax error")]
    [InlineData("SELECT nope FROM weather", "db", "", 400, "nope")]
    [InlineData("EXPLAIN SELECT nope FROM weather", "db", "", 400, "nope")]
    [InlineData("EXPLAIN SELECT * FROM nothing", "db", "", 404, "table not found")]
    [InlineData("EXPLAIN SELECT nope FROM information_schema.tables", "db", "", 400, "nope")]
    [InlineData("DROP TABLE weather", "db", "", 400, "SELECT")]
    [InlineData("SELECT * FROM read_csv('/etc/passwd')", "db", "", 400, "read_csv")]
    [InlineData("SELECT error('stop')", "db", "", 400, "stop")]
    [InlineData("SELECT 1", "db", "&format=xml", 400, "xml")]
    [InlineData("SELECT 1", "db", "&consistency=most", 400, "most")]
    [InlineData("SELECT 1", "db", "&fresh=perhaps", 400, "fresh")]
    [InlineData("SELECT 1", "db", "&timeout=soon", 400, "timeout")]
    [InlineData("SELECT 1", "db", "&max_rows=few", 400, "max_rows")]
    [InlineData("SELECT 1", "db", "&edge_timeout=100000d", 400, "more than 1h")]
    [InlineData("SELECT 1", "db", "&bogus=1&Timeout=5s", 400, "unknown: 'Timeout', 'bogus'; there are db, q")]
    [InlineData("SELECT * FROM range(3)", "db", "&max_rows=2", 400, "max_rows")]
    [InlineData("SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = 7", "db",
        "&timeout=50ms", 408, "longer than 50 ms")]
    [InlineData("SELECT rate(temp, time, 'x', 'y') FROM weather", "db", "", 400, "rate")]
    [InlineData("SELECT locf(1) FROM weather", "db", "", 400, "time_bucket_gapfill")]
    [InlineData("SELECT lttb(time, 1.0, 3 ORDER BY time) FROM weather", "db", "", 400, "ORDER BY")]
    [InlineData("SELECT 1", "", "", 400, "db")]
    [InlineData("", "db", "", 400, "q")]
    public async Task What_is_wrong_is_said(string sql, string db, string more, int status, string part)
    {
        await _server.WriteAsync(Batch(("a", 0, 1)));
        (int actual, string body) = await _server.GetAsync(sql, db, more);
        Assert.Equal(status, actual);
        Assert.Contains(part, JsonNode.Parse(body)!["error"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SELECT f FROM weather, range(1000000000000)", "points of db.weather")]
    [InlineData("SELECT host, rate(f), last(f) FROM weather GROUP BY host", "points of db.weather")]
    [InlineData("SHOW TABLES", "answer")]
    public async Task What_is_right_is_explained_without_a_run(string sql, string part)
    {
        await _server.WriteAsync(Batch(("a", 0, 1)));
        (int status, string body) = await _server.GetAsync($"EXPLAIN {sql}");
        Assert.Equal(200, status);
        Assert.Contains(part, body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Expressions_that_are_too_deep_are_refused_without_advice_that_nobody_can_follow()
    {
        string deep = $"SELECT {string.Concat(Enumerable.Repeat("abs(", 1200))}1{new string(')', 1200)}";
        await _server.WriteAsync(Batch(("a", 0, 1)));
        using HttpResponseMessage answer = await _server.PostAsync(new { db = "db", q = deep });
        string body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains("too deeply, the limit is 1000 levels", body, StringComparison.Ordinal);
        Assert.DoesNotContain("SET", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(64, 200)]
    [InlineData(65, 400)]
    public async Task A_statement_has_a_bounded_number_of_joins(int joins, int status)
    {
        await _server.WriteAsync(Batch(("a", 0, 1)));
        string joined = string.Concat(
            Enumerable.Range(0, joins).Select(i => $" JOIN weather w{i} USING (time, edge)"));
        (int actual, string body) = await _server.GetAsync($"SELECT count(*) AS n FROM weather{joined}");
        Assert.Equal(status, actual);
        Assert.Contains(
            status == 200 ? """[{"n":1}]""" : "up to 64 joins", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clients_of_the_field_may_send_what_they_send()
    {
        await _server.WriteAsync(Batch(("a", 0, 1)));
        using HttpResponseMessage answer = await _server.PostAsync(
            new { db = "db", q = "SELECT 1 AS x", format = "json", @params = new { }, u = "me", p = "x" });
        Assert.Equal(200, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData(4_095)]
    [InlineData(4_096)]
    [InlineData(4_097)]
    [InlineData(300_000)]
    public async Task A_statement_is_read_whole_however_it_comes(int bytes)
    {
        await _server.WriteAsync(Batch(("a", 0, 1)));
        string text = new('x', bytes - "SELECT '' AS x".Length);
        byte[] body = System.Text.Encoding.UTF8.GetBytes($"SELECT '{text}' AS x");
        Assert.Equal(bytes, body.Length);
        foreach (bool isChunked in (bool[])[false, true])
        {
            using HttpResponseMessage answer = await PostTextAsync(body, isChunked);
            Assert.Equal(
                $$"""[{"x":"{{text}}"}]""",
                await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
    }

    [Theory]
    [InlineData(false, 400)]
    [InlineData(true, 413)]
    public async Task A_statement_that_is_too_long_is_refused(bool isChunked, int status)
    {
        using HttpResponseMessage answer = await PostTextAsync(new byte[(2 << 20) + 1], isChunked);
        Assert.Contains(
            "2097152 bytes",
            await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData("{", "application/json")]
    [InlineData("[1]", "application/json")]
    [InlineData("\0\u0001", "application/json")]
    public async Task A_body_that_is_no_request_is_refused(string body, string type)
    {
        using StringContent content = new(body, System.Text.Encoding.UTF8, type);
        using HttpResponseMessage response = await _server.Client.PostAsync(
            new Uri("/api/v3/query_sql", UriKind.Relative), content, TestContext.Current.CancellationToken);
        Assert.Equal(400, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("SELECT count(*) AS n FROM weather", "0")]
    [InlineData("SELECT quantile_cont(f, 0.5) AS n FROM weather", "null")]
    public async Task A_damaged_segment_is_named_with_what_to_do_and_answers_without_it_say_so(
        string sql, string without)
    {
        await _server.WriteAsync(Batch(("a", 0, 1)));
        await _server.Store.FlushAsync(TestContext.Current.CancellationToken);
        string name = _server.Store.Catalog.Segments.Keys.Single();
        using (FileStream file = File.OpenWrite(Path.Combine(_server.Folder, name))) file.SetLength(100);
        for (int time = 0; time < 2; time++)
        {
            (int status, string body) = await _server.GetAsync(sql);
            Assert.Equal(503, status);
            Assert.Contains($"{name}: it has 100 bytes instead of ", body, StringComparison.Ordinal);
            Assert.Contains("Put the file back", body, StringComparison.Ordinal);
        }

        using HttpResponseMessage partial =
            await _server.PostAsync(new { db = "db", q = sql, allow_partial = true });
        string answer = await partial.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal($$"""[{"n":{{without}}}]""", answer);
        Assert.Contains(
            name, partial.Headers.GetValues("X-TsDb-Coverage").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_after_the_first_rows_breaks_the_answer_off()
    {
        await _server.WriteAsync(Batch(("a", 0, 1)));
        await Assert.ThrowsAnyAsync<HttpRequestException>(async () => await _server.GetAsync(
            "SELECT CASE WHEN i = 900000 THEN error('late') ELSE i END FROM range(1000000) t(i)"));
        Assert.Equal((200, """[{"1":1}]"""), await _server.GetAsync("SELECT 1"));
    }

    [Fact]
    public async Task A_client_that_goes_away_frees_the_engine()
    {
        await _server.WriteAsync(Batch(("a", 0, 1)));
        for (int i = 0; i < 8; i++)
        {
            using CancellationTokenSource impatient = new(TimeSpan.FromMilliseconds(100));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _server.Client.GetStringAsync(
                new Uri("/api/v3/query_sql?db=db&q=SELECT+sum(i*3)+FROM+range(1000000000000)+t(i)",
                    UriKind.Relative),
                impatient.Token));
        }

        Assert.Equal((200, """[{"1":1}]"""), await _server.GetAsync("SELECT 1"));
    }

    [Fact]
    public async Task A_large_answer_arrives_whole()
    {
        await _server.WriteAsync(
            Batch([.. Enumerable.Range(0, 100_000).Select(i => ($"host {i % 100}", (long)i, i * 0.5))]));
        (int status, string body) = await _server.GetAsync("SELECT * FROM weather ORDER BY time");
        Assert.Equal(200, status);
        JsonArray rows = JsonNode.Parse(body)!.AsArray();
        Assert.Equal(100_000, rows.Count);
        Assert.Equal(99_999 * 0.5, rows[^1]!["f"]!.GetValue<double>());
    }

    private static TableBatch Batch(params (string Host, long Time, double Value)[] points) =>
        ModelBatches.Build(
        [.. points.Select(p => new ModelPoint(
            new Dictionary<string, string> { ["host"] = p.Host }, Start + p.Time,
            new Dictionary<string, object> { ["f"] = p.Value }))],
        ("f", FieldType.Float64));

    private async Task<HttpResponseMessage> PostTextAsync(byte[] body, bool isChunked)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/v3/query_sql?db=db")
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new("text/plain") } },
        };
        request.Headers.TransferEncodingChunked = isChunked;
        return await _server.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
