using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Http.Write;
using TsDb.Model;
using TsDb.Storage.Ingest;

namespace TsDb.Tests.Adapters.Http;

public sealed class WriteEndpointsTests
{
    private const string GoodBadGood = "m f=1 1\nm f=oops 2\nm f=3 3";

    [Theory]
    [InlineData("/write?db=d")]
    [InlineData("/write?db=d&rp=&consistency=all&precision=ns&u=x&p=y")]
    [InlineData("/api/v2/write?org=o&bucket=d")]
    [InlineData("/api/v2/write?org=o&bucket=d/autogen&precision=ns")]
    [InlineData("/api/v3/write_lp?db=d&precision=nanosecond&no_sync=true")]
    public async Task Good_lines_are_stored_and_answered_with_204(string path)
    {
        await using WriteServer server = await WriteServer.StartAsync();
        (int status, string body, HttpResponseMessage response) =
            await server.PostAsync(path, "m,t=a f=1,g=2i 1\nm f=3 2\n");
        Assert.Equal((204, ""), (status, body));
        Assert.Equal("TsDb", response.Headers.GetValues("X-Influxdb-Build").Single());
        Assert.Equal(2, server.Target.Points("d", "m").Count);
        Assert.Equal((2L, 0L), (server.Pipeline.Stats.Accepted, server.Pipeline.Stats.Rejected));
    }

    [Theory]
    [InlineData("/write?db=d")]
    [InlineData("/api/v2/write?bucket=d")]
    [InlineData("/api/v3/write_lp?db=d")]
    public async Task A_body_without_points_is_204_and_creates_nothing(string path)
    {
        await using WriteServer server = await WriteServer.StartAsync();
        foreach (string body in new[] { "", "\n", "# nothing\n" })
            Assert.Equal(204, (await server.PostAsync(path, body)).Status);
        Assert.Empty(server.Target.Schemas.Databases);
    }

    [Theory]
    [InlineData("/write", 400, "{\"error\":\"database is required\"}\n")]
    [InlineData(
        "/write?db=d&precision=x", 400,
            "{\"error\":\"invalid precision \\\"x\\\" (use n, u, ms, s, m or h)\"}\n")]
    [InlineData(
        "/api/v2/write?org=o", 404, "{\"code\":\"not found\",\"message\":\"bucket not found: name it\"}\n")]
    [InlineData(
        "/api/v2/write?bucket=d&precision=m",
        400,
        "{\"code\":\"invalid\",\"message\":"
            + "\"invalid precision; valid precision units are ns, us, ms, and s\"}\n")]
    [InlineData("/api/v3/write_lp", 400, "{\"error\":\"missing query parameter 'db'\"}\n")]
    public async Task Wrong_parameters_are_answered_in_the_dialects_words(
        string path, int status, string body)
    {
        await using WriteServer server = await WriteServer.StartAsync();
        (int actual, string text, _) = await server.PostAsync(path, "m f=1 1");
        Assert.Equal((status, body), (actual, text));
    }

    [Fact]
    public async Task V1_stores_the_good_lines_and_names_the_bad_one()
    {
        await using WriteServer server = await WriteServer.StartAsync();
        (int status, string body, HttpResponseMessage response) =
            await server.PostAsync("/write?db=d&rp=r", GoodBadGood);
        const string Message = "partial write: unable to parse 'm f=oops 2': invalid boolean dropped=1 "
            + "for database: d for retention policy: r";
        Assert.Equal((400, $"{{\"error\":\"{Message}\"}}\n"), (status, body));
        Assert.Equal(Message, response.Headers.GetValues("X-Influxdb-Error").Single());
        Assert.Equal(2, server.Target.Points("d", "m").Count);
        Assert.Equal((2L, 1L), (server.Pipeline.Stats.Accepted, server.Pipeline.Stats.Rejected));
    }

    [Fact]
    public async Task V1_names_a_type_conflict_and_stores_the_rest()
    {
        await using WriteServer server = await WriteServer.StartAsync();
        Assert.Equal(204, (await server.PostAsync("/write?db=d", "m f=1 1")).Status);
        (int status, string body, _) = await server.PostAsync("/write?db=d", "m f=\"x\" 2\nm f=2 3");
        Assert.Equal(400, status);
        Assert.Equal(
            "{\"error\":\"partial write: field type conflict: input field \\\"f\\\" on measurement "
                + "\\\"m\\\" is type string, already exists as type float dropped=1\"}\n",
            body);
        Assert.Equal(2, server.Target.Points("d", "m").Count);
    }

    [Fact]
    public async Task V2_stores_nothing_of_a_body_with_a_malformed_line()
    {
        await using WriteServer server = await WriteServer.StartAsync();
        (int status, string body, _) = await server.PostAsync("/api/v2/write?bucket=d", GoodBadGood);
        Assert.Equal(
            (400, "{\"code\":\"invalid\",\"message\":\"unable to parse 'm f=oops 2': invalid boolean\"}\n"),
            (status, body));
        Assert.Empty(server.Target.Batches);
    }

    [Fact]
    public async Task V2_stores_what_does_not_conflict()
    {
        await using WriteServer server = await WriteServer.StartAsync();
        (int status, string body, _) =
            await server.PostAsync("/api/v2/write?bucket=d", "m f=1 1\nm f=t 2\nm f=2 3");
        Assert.Equal(422, status);
        Assert.Equal(
            "{\"code\":\"unprocessable entity\",\"message\":\"failure writing points to database: "
                + "partial write: field type conflict: input field \\\"f\\\" on measurement \\\"m\\\" "
                + "is type boolean, already exists as type float dropped=1\"}\n",
            body);
        Assert.Equal(2, server.Target.Points("d", "m").Count);
    }

    [Fact]
    public async Task V3_lists_refused_lines_cut_to_twenty_bytes()
    {
        await using WriteServer server = await WriteServer.StartAsync();
        (int status, string body, _) = await server.PostAsync(
            "/api/v3/write_lp?db=d", "m f=1 1\nm,tag=value f=oops 1234567890\nm f=3 3");
        Assert.Equal(
            (400, "{\"error\":\"partial write of line protocol occurred\",\"data\":[{\"error_message\":"
                + "\"invalid boolean\",\"line_number\":2,\"original_line\":\"m,tag=value f=oops 1\"}]}\n"),
            (status, body));
        Assert.Equal(2, server.Target.Points("d", "m").Count);
    }

    [Fact]
    public async Task V3_stores_all_or_nothing_when_told_so()
    {
        await using WriteServer server = await WriteServer.StartAsync();
        (int status, string body, _) = await server.PostAsync(
            "/api/v3/write_lp?db=d&accept_partial=false", GoodBadGood);
        Assert.Equal(
            (
                400,
                "{\"error\":\"line protocol parsing error\",\"data\":{\"error_message\":\"invalid boolean\","
                + "\"line_number\":2,\"original_line\":\"m f=oops 2\"}}\n"),
            (status, body));
        Assert.Empty(server.Target.Batches);
    }

    [Theory]
    [InlineData("/write?db=d", 400)]
    [InlineData("/api/v2/write?bucket=d", 422)]
    [InlineData("/api/v3/write_lp?db=d", 422)]
    public async Task Names_beyond_a_limit_are_a_partial_write(string path, int status)
    {
        await using WriteServer server =
            await WriteServer.StartAsync(new IngestLimits { ColumnsPerTableMax = 1 });
        (int actual, string body, _) = await server.PostAsync(path, "m f=1 1\nm g=1 2");
        Assert.Equal(status, actual);
        Assert.Contains("partial write", body, StringComparison.Ordinal);
        Assert.Single(server.Target.Points("d", "m"));
    }

    [Fact]
    public async Task Gzip_bodies_are_unpacked()
    {
        await using WriteServer server = await WriteServer.StartAsync();
        foreach (bool chunked in new[] { false, true })
        {
            HttpContent body = Gzip(Encoding.UTF8.GetBytes("m f=1 1"), chunked);
            Assert.Equal(204, (await server.PostAsync("/write?db=d", body)).Status);
        }

        Assert.Equal(2, server.Target.Points("d", "m").Count);
    }

    [Fact]
    public async Task A_body_that_is_not_gzip_though_it_says_so_is_400()
    {
        await using WriteServer server = await WriteServer.StartAsync();
        ByteArrayContent content = new("m f=1 1"u8.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        (int status, string body, _) = await server.PostAsync("/write?db=d", content);
        Assert.Equal(400, status);
        Assert.Contains("gzip", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/write?db=d")]
    [InlineData("/api/v2/write?bucket=d")]
    [InlineData("/api/v3/write_lp?db=d")]
    public async Task A_body_beyond_the_limit_is_413_naming_the_limit(string path)
    {
        await using WriteServer server =
            await WriteServer.StartAsync(new IngestLimits { BodyBytesMax = 100_000 });
        byte[] large = [.. Enumerable.Repeat("m f=1 1\n", 20_000).SelectMany(Encoding.UTF8.GetBytes)];
        HttpContent[] bodies =
            [new ByteArrayContent(large), Gzip(large, chunked: false), Gzip(large, chunked: true)];
        foreach (HttpContent content in bodies)
        {
            (int status, string body, _) = await server.PostAsync(path, content);
            Assert.Equal(413, status);
            Assert.Contains("100000 bytes", body, StringComparison.Ordinal);
        }

        Assert.Empty(server.Target.Batches);
    }

    [Fact]
    public async Task A_body_as_large_as_the_limit_is_taken()
    {
        await using WriteServer server =
            await WriteServer.StartAsync(new IngestLimits { BodyBytesMax = 160_000 });
        byte[] body = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("m f=1 1\n", 20_000)));
        Assert.Equal(160_000, body.Length);
        Assert.Equal(204, (await server.PostAsync("/write?db=d", new ByteArrayContent(body))).Status);
        Assert.Equal(204, (await server.PostAsync("/write?db=d", Gzip(body, chunked: true))).Status);
    }

    [Theory]
    [InlineData("/write?db=d", "{\"error\":\"full\"}\n")]
    [InlineData("/api/v2/write?bucket=d", "{\"code\":\"unavailable\",\"message\":\"full\"}\n")]
    [InlineData("/api/v3/write_lp?db=d", "{\"error\":\"full\"}\n")]
    public async Task Without_room_the_answer_is_503_with_a_time_to_come_back(string path, string body)
    {
        await using WriteServer server = await WriteServer.StartAsync();
        server.Target.Failure =
            new TsDbException(ErrorKind.Unavailable, "full") { RetryAfter = TimeSpan.FromSeconds(2.5) };
        (int status, string text, HttpResponseMessage response) = await server.PostAsync(path, "m f=1 1");
        Assert.Equal((503, body, "3"), (status, text, response.Headers.RetryAfter!.ToString()));
        Assert.Equal((0L, 0L), (server.Pipeline.Stats.Accepted, server.Pipeline.Stats.Rejected));
    }

    [Fact]
    public async Task Bodies_wait_for_room_and_are_told_to_come_back()
    {
        WriteEndpointOptions options = new()
        {
            Bodies = new ByteBudget(10, TimeProvider.System),
            RoomWait = TimeSpan.FromMilliseconds(50),
        };
        await using WriteServer server = await WriteServer.StartAsync(options: options);
        TaskCompletionSource gate = new();
        server.Target.Gate = gate.Task;
        Task<(int Status, string, HttpResponseMessage)> first = server.PostAsync("/write?db=d", "m f=1 1");
        while (server.Target.Waiting == 0) await Task.Yield();
        (int status, _, _) = await server.PostAsync("/write?db=d", "m f=2 2");
        gate.SetResult();
        Assert.Equal((204, 503), ((await first).Status, status));
        Assert.Equal(204, (await server.PostAsync("/write?db=d", "m f=3 3")).Status);
    }

    [Fact]
    public async Task Random_bytes_do_no_harm()
    {
        await using WriteServer server = await WriteServer.StartAsync();
        Random random = new(7);
        byte[] noise = new byte[10_000];
        random.NextBytes(noise);
        foreach (string path in new[] { "/write?db=d", "/api/v2/write?bucket=d", "/api/v3/write_lp?db=d" })
            Assert.Equal(400, (await server.PostAsync(path, new ByteArrayContent(noise))).Status);
        Assert.Equal(204, (await server.PostAsync("/write?db=d", "m f=1 1")).Status);
    }

    [Fact]
    public async Task A_database_asked_for_is_listed_and_an_unknown_statement_is_an_error_inside_the_answer()
    {
        await using WriteServer server = await WriteServer.StartAsync();
        await server.PostAsync("/write?db=used", "m f=1 1");
        FormUrlEncodedContent create = new([new("q", "CREATE DATABASE \"my db\"")]);
        Assert.Equal(
            (200, "{\"results\":[{\"statement_id\":0}]}\n"), Two(await server.PostAsync("/query", create)));
        string listed =
            await server.Client.GetStringAsync(new Uri("/query?q=show%20databases", UriKind.Relative));
        Assert.Equal(
            "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"databases\",\"columns\":[\"name\"],"
                + "\"values\":[[\"my db\"],[\"used\"]]}]}]}\n",
            listed);
        (int status, string body, _) = await server.PostAsync("/query?q=DROP%20DATABASE%20used", "");
        Assert.Equal(200, status);
        Assert.Contains("\"error\"", body, StringComparison.Ordinal);
        Assert.Equal(400, (await server.PostAsync("/query", "")).Status);
    }

    [Fact]
    public async Task Probes_answer_as_clients_expect()
    {
        string? refusal = null;
        bool isReady = false;
        await using WriteServer server =
            await WriteServer.StartAsync(refusal: () => refusal, isReady: () => isReady);
        HttpResponseMessage starting = await server.Client.GetAsync(new Uri("/ready", UriKind.Relative));
        Assert.Equal(503, (int)starting.StatusCode);
        isReady = true;
        HttpResponseMessage ping = await server.Client.GetAsync(new Uri("/ping", UriKind.Relative));
        Assert.Equal(204, (int)ping.StatusCode);
        Assert.Equal("0.1.0", ping.Headers.GetValues("X-Influxdb-Version").Single());
        Assert.Contains(
            "\"version\":\"0.1.0\"",
            await server.Client.GetStringAsync(new Uri("/ping?verbose=true", UriKind.Relative)),
            StringComparison.Ordinal);
        Assert.Contains(
            "\"status\":\"ready\"",
            await server.Client.GetStringAsync(new Uri("/ready", UriKind.Relative)),
            StringComparison.Ordinal);
        Assert.Equal(
            "{\"name\":\"influxdb\",\"message\":\"ready for queries and writes\",\"status\":\"pass\","
                + "\"checks\":[],\"version\":\"0.1.0\"}\n",
            await server.Client.GetStringAsync(new Uri("/health", UriKind.Relative)));
        refusal = "the disk is full";
        HttpResponseMessage ill = await server.Client.GetAsync(new Uri("/health", UriKind.Relative));
        Assert.Equal(503, (int)ill.StatusCode);
    }

    private static (int, string) Two((int Status, string Body, HttpResponseMessage) answer) =>
        (answer.Status, answer.Body);

    private static HttpContent Gzip(byte[] body, bool chunked)
    {
        MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(body);
        HttpContent content = chunked
            ? new StreamContent(new UnseekableStream(packed.ToArray()))
            : new ByteArrayContent(packed.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        content.Headers.ContentType = new MediaTypeHeaderValue("text/plain");
        return content;
    }

    /// <summary>A stream of unknown length makes the client send chunks.</summary>
    private sealed class UnseekableStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
